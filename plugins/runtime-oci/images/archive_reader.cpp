#include "images/archive_reader.h"

#include <cleat/sdk/text.h>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cleat::runtime {
namespace {

std::string digestText(const unsigned char* hash, unsigned size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "sha256:";
  for (unsigned i = 0; i < size; ++i) {
    text += kDigits[hash[i] >> 4];
    text += kDigits[hash[i] & 15];
  }
  return text;
}

std::string finished(EVP_MD_CTX* context) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(context, hash, &size);
  return digestText(hash, size);
}

}  // namespace

ArchiveReader::ArchiveReader(std::string path)
    : path_(std::move(path)), compressed_(archive_read_new()), tar_(archive_read_new()), packedHash_(EVP_MD_CTX_new()),
      plainHash_(EVP_MD_CTX_new()) {
  // Names in a pax header are UTF-8 and libarchive converts them to the thread's locale.
  utf8_ = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (utf8_ != nullptr) before_ = uselocale(utf8_);
}

ArchiveReader::~ArchiveReader() {
  archive_read_free(tar_);
  archive_read_free(compressed_);
  EVP_MD_CTX_free(packedHash_);
  EVP_MD_CTX_free(plainHash_);
  if (utf8_ == nullptr) return;
  uselocale(before_);
  freelocale(utf8_);
}

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(const std::string& path) {
  std::unique_ptr<ArchiveReader> reader(new ArchiveReader(path));
  CLEAT_TRY(reader->start());
  return reader;
}

std::unexpected<Status> ArchiveReader::failed(archive* from) const {
  const char* text = archive_error_string(from);
  return fail(Status::badRequest("cannot read the archive " + path_ + ": " + (text ? text : "unknown error")));
}

Result<void> ArchiveReader::start() {
  file_ = Fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts{};
  if (!file_ || fstat(file_.get(), &facts) != 0) return fail(systemError(concat("cannot open ", path_), errno));
  packedBytes_ = uint64_t(facts.st_size);
  EVP_DigestInit_ex(packedHash_, EVP_sha256(), nullptr);
  EVP_DigestInit_ex(plainHash_, EVP_sha256(), nullptr);
  // Named one by one: "all" would also start programs for compressions that no image has.
  archive_read_support_filter_gzip(compressed_);
  archive_read_support_filter_zstd(compressed_);
  archive_read_support_filter_bzip2(compressed_);
  archive_read_support_filter_xz(compressed_);
  archive_read_support_format_raw(compressed_);
  archive_read_support_format_empty(compressed_);
  if (archive_read_open(compressed_, this, nullptr, readPacked, nullptr) != ARCHIVE_OK) return failed(compressed_);
  archive_entry* whole;
  int status = archive_read_next_header(compressed_, &whole);
  if (status != ARCHIVE_OK && status != ARCHIVE_EOF) return failed(compressed_);
  // What is compressed again and again can keep a reader busy for hours without a byte coming out.
  if (archive_filter_count(compressed_) > 2)
    return fail(Status::badRequest(concat("the archive ", path_, " is compressed more than once")));
  archive_read_support_format_tar(tar_);
  archive_read_support_format_empty(tar_);
  if (archive_read_open(tar_, this, nullptr, readPlain, nullptr) != ARCHIVE_OK) return failed(tar_);
  return {};
}

la_ssize_t ArchiveReader::readPacked(archive* compressed, void* self, const void** buffer) {
  auto* reader = static_cast<ArchiveReader*>(self);
  ssize_t size = 0;
  do size = read(reader->file_.get(), reader->packed_, sizeof reader->packed_);
  while (size < 0 && errno == EINTR);
  if (size < 0) {
    archive_set_error(compressed, errno, "cannot read the file");
    return -1;
  }
  EVP_DigestUpdate(reader->packedHash_, reader->packed_, size_t(size));
  *buffer = reader->packed_;
  return size;
}

la_ssize_t ArchiveReader::readPlain(archive* tar, void* self, const void** buffer) {
  auto* reader = static_cast<ArchiveReader*>(self);
  la_ssize_t size = archive_read_data(reader->compressed_, reader->plain_, sizeof reader->plain_);
  if (size < 0) {
    archive_set_error(tar, archive_errno(reader->compressed_), "%s", archive_error_string(reader->compressed_));
    return -1;
  }
  reader->plainBytes_ += uint64_t(size);
  if (reader->exceeded()) {
    archive_set_error(tar, EFBIG, "it has too many bytes");
    return -1;
  }
  EVP_DigestUpdate(reader->plainHash_, reader->plain_, size_t(size));
  *buffer = reader->plain_;
  return size;
}

Result<archive_entry*> ArchiveReader::next() {
  int status = archive_read_next_header(tar_, &entry_);
  if (status == ARCHIVE_EOF) return nullptr;
  if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return failed(tar_);
  return entry_;
}

Result<int64_t> ArchiveReader::copyContent(const Block& block) {
  while (true) {
    const void* bytes;
    size_t size;
    la_int64_t offset;
    int status = archive_read_data_block(tar_, &bytes, &size, &offset);
    if (status == ARCHIVE_EOF) return archive_entry_size(entry_);
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return failed(tar_);
    CLEAT_TRY(block(bytes, size, offset));
  }
}

Result<std::string> ArchiveReader::content(size_t limit) {
  std::string text;
  auto append = [&](const void* bytes, size_t size, int64_t) -> Result<void> {
    if (text.size() + size > limit)
      return fail(
          Status::tooLarge("an entry of the archive " + path_ + " has more than " + std::to_string(limit) + " bytes"));
    text.append(static_cast<const char*>(bytes), size);
    return {};
  };
  CLEAT_TRY(copyContent(append));
  return text;
}

Result<std::string> ArchiveReader::digest() {
  // What follows the last entry belongs to the archive as well.
  const void* bytes = nullptr;
  la_ssize_t size = 0;
  while ((size = readPlain(tar_, this, &bytes)) > 0) {
  }
  if (size < 0) return failed(tar_);
  return finished(plainHash_);
}

Result<std::string> ArchiveReader::packedDigest() {
  // So does what follows the compressed archive to the file.
  const void* bytes = nullptr;
  la_ssize_t size = 0;
  while ((size = readPacked(compressed_, this, &bytes)) > 0) {
  }
  if (size < 0) return failed(compressed_);
  return finished(packedHash_);
}

std::string digestOf(std::string_view bytes) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), hash, &size, EVP_sha256(), nullptr);
  return digestText(hash, size);
}

}  // namespace cleat::runtime
