// Reads a tar archive, plain or compressed, entry by entry, and knows the digest of the uncompressed archive.
//
//   auto reader = ArchiveReader::open(path);
//   while (archive_entry* entry = *(*reader)->next()) …
//
// Belongs to one thread, which must not change its locale meanwhile: names are read as UTF-8 whatever the process's
// locale is.
#pragma once

#include <cleat/sdk/status.h>

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <functional>
#include <memory>
#include <string>

typedef struct evp_md_ctx_st EVP_MD_CTX;

namespace cleat::runtime {

class ArchiveReader {
 public:
  static Result<std::unique_ptr<ArchiveReader>> open(const std::string& path);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;

  // The next entry, owned by the reader and valid until the next call; null at the end.
  Result<archive_entry*> next();

  // Gives the entry's content in blocks with their offset; what no block covers is a hole. The content's length.
  using Block = std::function<Result<void>(const void* bytes, size_t size, int64_t offset)>;
  Result<int64_t> copyContent(const Block& block);

  // The content of a small entry as a whole.
  Result<std::string> content(size_t limit);

  // "sha256:…" of the whole uncompressed archive. After the last entry.
  Result<std::string> digest();

 private:
  explicit ArchiveReader(std::string path);
  Result<void> start();
  std::unexpected<Status> failed(archive* from) const;
  static la_ssize_t readPlain(archive*, void* self, const void** buffer);

  std::string path_;
  archive* compressed_ = nullptr;  // the file as a stream of uncompressed bytes
  archive* tar_ = nullptr;         // the entries in that stream
  archive_entry* entry_ = nullptr;
  EVP_MD_CTX* hash_ = nullptr;
  locale_t utf8_ = nullptr, before_ = nullptr;
  char buffer_[65536];
};

// "sha256:…" of bytes.
std::string digestOf(std::string_view bytes);

}  // namespace cleat::runtime
