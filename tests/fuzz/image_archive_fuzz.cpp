// An archive of images, of which the list of images is read, and the lists themselves in their two forms.
#include <cstring>

#include "plugins/runtime-oci/images/archive_reader.h"
#include "plugins/runtime-oci/images/image_fetcher.h"
#include "tests/fuzz/fuzz.h"

namespace {

// A tar archive with one file, written by hand: its content is what matters.
std::string archiveOf(std::string_view name, std::string_view content) {
  std::string head(512, '\0');
  name.copy(head.data(), 100);
  std::snprintf(head.data() + 100, 8, "%07o", 0644);
  std::snprintf(head.data() + 124, 12, "%011zo", content.size());
  std::memcpy(head.data() + 257, "ustar\00000", 8);
  head[156] = '0';
  std::memset(head.data() + 148, ' ', 8);
  unsigned sum = 0;
  for (unsigned char c : head) sum += c;
  std::snprintf(head.data() + 148, 8, "%06o", sum);
  std::string archive = head + std::string(content);
  archive.resize((archive.size() + 511) / 512 * 512 + 1024);
  return archive;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat;
  std::string_view input = fuzz::textOf(data, size);
  for (const std::string& archive :
       {std::string(input), archiveOf("index.json", input), archiveOf("manifest.json", input)}) {
    fuzz::MemoryFile file(archive);
    Result<std::vector<runtime::ArchivedImage>> images = runtime::readArchive(file.path());
    fuzz::require(images || images.error().code == 400 || images.error().code == 413, "a wrong code", input);
  }
  (void)runtime::fetchError("image", std::string(input));
  return 0;
}
