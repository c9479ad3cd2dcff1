"""What runs in a process of its own beside us: one engine each, in the interpreter that has it."""
