#include "images/archive_reader.h"

#include <openssl/evp.h>

#include <algorithm>

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

}  // namespace

ArchiveReader::ArchiveReader(std::string path)
    : path_(std::move(path)), compressed_(archive_read_new()), tar_(archive_read_new()), hash_(EVP_MD_CTX_new()) {
  // Names in a pax header are UTF-8 and libarchive converts them to the thread's locale.
  utf8_ = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (utf8_ != nullptr) before_ = uselocale(utf8_);
}

ArchiveReader::~ArchiveReader() {
  archive_read_free(tar_);
  archive_read_free(compressed_);
  EVP_MD_CTX_free(hash_);
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
  EVP_DigestInit_ex(hash_, EVP_sha256(), nullptr);
  // Named one by one: "all" would also start programs for compressions that no image has.
  archive_read_support_filter_gzip(compressed_);
  archive_read_support_filter_zstd(compressed_);
  archive_read_support_filter_bzip2(compressed_);
  archive_read_support_filter_xz(compressed_);
  archive_read_support_format_raw(compressed_);
  archive_read_support_format_empty(compressed_);
  if (archive_read_open_filename(compressed_, path_.c_str(), sizeof buffer_) != ARCHIVE_OK) return failed(compressed_);
  archive_entry* whole;
  int status = archive_read_next_header(compressed_, &whole);
  if (status != ARCHIVE_OK && status != ARCHIVE_EOF) return failed(compressed_);
  archive_read_support_format_tar(tar_);
  archive_read_support_format_empty(tar_);
  if (archive_read_open(tar_, this, nullptr, readPlain, nullptr) != ARCHIVE_OK) return failed(tar_);
  return {};
}

la_ssize_t ArchiveReader::readPlain(archive* tar, void* self, const void** buffer) {
  auto* reader = static_cast<ArchiveReader*>(self);
  la_ssize_t size = archive_read_data(reader->compressed_, reader->buffer_, sizeof reader->buffer_);
  if (size < 0) {
    archive_set_error(tar, archive_errno(reader->compressed_), "%s", archive_error_string(reader->compressed_));
    return -1;
  }
  EVP_DigestUpdate(reader->hash_, reader->buffer_, size_t(size));
  *buffer = reader->buffer_;
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
  while (true) {
    la_ssize_t size = archive_read_data(compressed_, buffer_, sizeof buffer_);
    if (size < 0) return failed(compressed_);
    if (size == 0) break;
    EVP_DigestUpdate(hash_, buffer_, size_t(size));
  }
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(hash_, hash, &size);
  return digestText(hash, size);
}

std::string digestOf(std::string_view bytes) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), hash, &size, EVP_sha256(), nullptr);
  return digestText(hash, size);
}

}  // namespace cleat::runtime
