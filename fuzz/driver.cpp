// Where libFuzzer cannot be had: replays the inputs of a folder, then random changes to them, without following coverage.
//
//   driver CORPUS SECONDS SEED      an input that fails is written to ./crash-driver
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kMaxInput = 2048;

std::string current;

void save_and_die(int signal) {
  std::ofstream("crash-driver", std::ios::binary) << current;
  std::fprintf(stderr, "fuzz: the input is in ./crash-driver\n");
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::vector<std::string> read_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

// One change: bytes overwritten, repeated, taken out, put in, or joined with another input.
void change(std::string& input, const std::vector<std::string>& inputs, std::mt19937& chance) {
  const auto pick = [&](size_t below) { return below == 0 ? size_t{0} : chance() % below; };
  const size_t at = pick(input.size()), length = 1 + pick(std::min<size_t>(input.size() - at, 64));
  switch (chance() % 6) {
    case 0: if (!input.empty()) input[at] = static_cast<char>(input[at] ^ 1 << chance() % 8); break;
    case 1: if (!input.empty()) input[at] = static_cast<char>(chance()); break;
    case 2: input.insert(at, input.substr(at, length)); break;
    case 3: input.erase(at, length); break;
    case 4: input.insert(at, 1 + chance() % 3, static_cast<char>(chance())); break;
    default: {
      const std::string& other = inputs[pick(inputs.size())];
      input.replace(at, length, other.substr(pick(other.size()), 64));
    }
  }
  if (input.size() > kMaxInput) input.resize(kMaxInput);
}

void run(const std::string& input) {
  current = input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return std::fprintf(stderr, "usage: driver CORPUS SECONDS SEED\n"), 2;
  std::signal(SIGABRT, save_and_die);
  const std::vector<std::string> inputs = read_folder(arguments[1]);
  if (inputs.empty()) return std::fprintf(stderr, "driver: no input in %s\n", arguments[1]), 2;
  const auto begin = std::chrono::steady_clock::now();
  const double seconds = std::atof(arguments[2]);
  std::mt19937 chance(static_cast<uint32_t>(std::atoi(arguments[3])));
  size_t executions = 0;
  for (const std::string& input : inputs) run(input), ++executions;
  const auto seconds_passed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  for (; seconds_passed() < seconds; ++executions) {
    std::string input = inputs[chance() % inputs.size()];
    for (uint32_t left = 1 + chance() % 4; left != 0; --left) change(input, inputs, chance);
    run(input);
  }
  const double passed = std::max(seconds_passed(), 1e-3);
  std::printf("%zu executions in %.0f s, %.0f a second: nothing found\n", executions, passed, static_cast<double>(executions) / passed);
  return 0;
}
