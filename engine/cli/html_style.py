"""The look of the HTML page: two columns, light and dark, readable on paper."""

STYLE = """
:root{color-scheme:light dark;--ink:#18222d;--soft:#5d6b7a;--line:#d9e0e7;--page:#f5f7f9;--card:#fff;--mark:#fff0b8;
--markline:#e0a800;--off:#e9edf1;--auto:#16794a;--autobg:#e0f4e8;--review:#8a5a00;--reviewbg:#fdf0d2;--hold:#b42331;
--holdbg:#fde4e6;--link:#0b5cad}
@media(prefers-color-scheme:dark){:root{--ink:#e4eaf0;--soft:#98a6b5;--line:#33404d;--page:#12181f;--card:#1a222b;
--mark:#5a4708;--markline:#e0a800;--off:#2a343f;--auto:#6fd6a0;--autobg:#173a28;--review:#f0c36a;--reviewbg:#41320f;
--hold:#ff9aa4;--holdbg:#4a1c22;--link:#7ab8f5}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;margin:0 auto;max-width:86rem;
padding:1.5rem;color:var(--ink);background:var(--page)}
header{display:flex;flex-wrap:wrap;gap:.4rem 1.6rem;align-items:baseline;margin-bottom:1rem}
h1{font-size:1.25rem;margin:0}h2{font-size:1.1rem;margin:0}h3{font-size:.75rem;letter-spacing:.06em;
text-transform:uppercase;color:var(--soft);margin:1.4rem 0 .5rem}h3:first-child{margin-top:0}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
.legend{color:var(--soft);font-size:.85rem}
.chart{background:var(--card);border:1px solid var(--line);border-radius:10px;margin-bottom:1.5rem;overflow:clip}
.chart>.head{display:flex;flex-wrap:wrap;gap:.2rem 1rem;align-items:baseline;padding:.8rem 1.2rem;
border-bottom:1px solid var(--line)}
.soft,.foot{color:var(--soft);font-size:.85rem}.foot{padding:.6rem 1.2rem;border-top:1px solid var(--line);
overflow-wrap:anywhere}
.columns{display:grid;grid-template-columns:minmax(0,11fr) minmax(0,9fr)}
.text{padding:1.2rem;border-right:1px solid var(--line)}.codes{padding:1.2rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:13.5px/1.7 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",
monospace;margin:0;unicode-bidi:plaintext}
mark{color:inherit;border-radius:3px;padding:1px 2px;background:var(--mark);box-shadow:inset 0 -2px var(--markline)}
mark.other{background:none;box-shadow:inset 0 -1px var(--markline)}
mark.off{background:var(--off);box-shadow:none;color:var(--soft)}
mark:target{outline:2px solid var(--link)}
mark sup{font:700 9.5px/1 system-ui,sans-serif;margin-left:2px}
ol,ul{list-style:none;margin:0;padding:0}
.suggestion{border-top:1px solid var(--line);padding:.7rem 0;display:grid;
grid-template-columns:1.7rem minmax(0,1fr) auto;gap:0 .5rem}
.suggestion:first-child{border-top:0;padding-top:0}.number{color:var(--soft);font-variant-numeric:tabular-nums}
.code{font:700 14px ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;margin-right:.5rem}
.role{font-size:.75rem;border:1px solid var(--line);border-radius:99px;padding:0 .5rem;margin-left:.4rem;
color:var(--soft);white-space:nowrap}
.route{font-size:.78rem;font-weight:700;border-radius:99px;padding:.1rem .6rem;white-space:nowrap;align-self:start}
.AUTO{color:var(--auto);background:var(--autobg)}.REVIEW{color:var(--review);background:var(--reviewbg)}
.HOLD{color:var(--hold);background:var(--holdbg)}
.why{grid-column:2/4;font-size:.85rem;color:var(--soft);margin-top:.15rem}
summary{cursor:pointer}details li{margin:.2rem 0 .2rem 1rem}
.alert{border-left:3px solid var(--line);padding:.1rem .8rem;margin:.6rem 0;font-size:.9rem}
.alert.WARNING{border-color:var(--markline)}.alert.ERROR,.chart.failed{border-color:var(--hold)}
@media(max-width:60rem){.columns{grid-template-columns:1fr}.text{border-right:0;border-bottom:1px solid var(--line)}}
@media print{body{background:none;padding:0}.chart{break-inside:auto;border:0}details>*{display:block}}
"""
