// Reads a tar archive, plain or compressed once, entry by entry, and knows the digests of the archive as it is and
// uncompressed.
//
//   auto reader = ArchiveReader::open(path);
//   while (archive_entry* entry = *(*reader)->next()) …
//
// Belongs to one thread, which must not change its locale meanwhile: names are read as UTF-8 whatever the process's
// locale is.
#pragma once

#include <cleat/sdk/file.h>
#include <cleat/sdk/status.h>

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <cstdint>
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

  // Reading fails once the uncompressed archive turns out to have more bytes than that, and `exceeded` then says that
  // this was why.
  void limitTo(uint64_t bytes) { limit_ = bytes; }
  bool exceeded() const { return plainBytes_ > limit_; }

  uint64_t packedBytes() const { return packedBytes_; }  // of the file
  uint64_t plainBytes() const { return plainBytes_; }    // of the uncompressed archive, as far as it has been read

  // "sha256:…" of the whole uncompressed archive. After the last entry.
  Result<std::string> digest();
  // "sha256:…" of the file. After `digest`.
  Result<std::string> packedDigest();

 private:
  explicit ArchiveReader(std::string path);
  Result<void> start();
  std::unexpected<Status> failed(archive* from) const;
  static la_ssize_t readPacked(archive*, void* self, const void** buffer);
  static la_ssize_t readPlain(archive*, void* self, const void** buffer);

  std::string path_;
  Fd file_;
  archive* compressed_ = nullptr;  // the file as a stream of uncompressed bytes
  archive* tar_ = nullptr;         // the entries in that stream
  archive_entry* entry_ = nullptr;
  EVP_MD_CTX* packedHash_ = nullptr;
  EVP_MD_CTX* plainHash_ = nullptr;
  uint64_t packedBytes_ = 0, plainBytes_ = 0;
  uint64_t limit_ = UINT64_MAX;
  locale_t utf8_ = nullptr, before_ = nullptr;
  char packed_[65536];
  char plain_[65536];
};

// "sha256:…" of bytes.
std::string digestOf(std::string_view bytes);

}  // namespace cleat::runtime
