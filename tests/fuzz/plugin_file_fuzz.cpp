// A plugin's file, whose manifest is read before any of its code runs.
#include "core/host/loading/companions.h"
#include "core/host/loading/elf_file.h"
#include "core/host/loading/manifest.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  fuzz::MemoryFile file(input);
  (void)host::readManifest(file.path());
  Result<std::string> section = host::readElfSection(file.path(), ".dynstr", 4096);
  fuzz::require(!section || section->size() <= 4096, "a section is longer than the limit", input);
  (void)host::companionsOf(file.path());
  return 0;
}
