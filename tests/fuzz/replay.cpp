// The main of a fuzz target where there is no libFuzzer: every file of the corpus as it is, then changed in ways that a
// fixed seed decides, so that a failure comes back.
#include <algorithm>
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

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

std::string mutate(std::string input, const std::vector<std::string>& corpus, std::mt19937& random) {
  auto below = [&](size_t bound) { return bound == 0 ? 0 : random() % bound; };
  for (size_t i = 0, changes = 1 + below(4); i < changes; ++i) {
    switch (below(5)) {
      case 0:
        if (!input.empty()) input[below(input.size())] = static_cast<char>(random());
        break;
      case 1: input.insert(below(input.size() + 1), 1, "{}[]\",:0-eE.tfn\\"[below(16)]); break;
      case 2: input.erase(below(input.size()), below(16)); break;
      case 3: {
        const std::string& other = corpus[below(corpus.size())];
        size_t begin = below(other.size());
        input.insert(below(input.size() + 1), other.substr(begin, below(64)));
        break;
      }
      default: input.resize(below(input.size() + 1)); break;
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> corpus;
  for (int i = 1; i < argc; ++i) {
    std::vector<std::filesystem::path> files;
    if (std::filesystem::is_directory(argv[i])) {
      for (const auto& entry : std::filesystem::directory_iterator(argv[i])) files.push_back(entry.path());
    } else {
      files.push_back(argv[i]);
    }
    std::ranges::sort(files);
    for (const auto& path : files) {
      std::ifstream file(path, std::ios::binary);
      corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  }
  if (corpus.empty()) {
    std::fprintf(stderr, "usage: %s CORPUS …\n", argv[0]);
    return 2;
  }
  for (const std::string& input : corpus) run(input);
  std::mt19937 random(20260301);
  const char* wanted = std::getenv("CLEAT_FUZZ_RUNS");
  size_t runs = wanted ? std::strtoul(wanted, nullptr, 10) : 5'000;
  for (size_t i = 0; i < runs; ++i) run(mutate(corpus[i % corpus.size()], corpus, random));
  std::printf("%zu inputs\n", corpus.size() + runs);
  return 0;
}
