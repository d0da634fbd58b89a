#include "core/api/gzip.h"

#include <zlib.h>

#include "core/base/check.h"
#include "core/http/gzip_stream.h"

namespace cleat::api {
namespace {

constexpr int kGzipWindow = MAX_WBITS + 16;  // with the head and the end of a file of gzip
constexpr size_t kSizeBytes = 4;             // the last of such a file

}  // namespace

std::string gzipped(std::string_view bytes) {
  http::GzipStream stream;
  std::string out;
  stream.add(bytes, out);
  stream.finish(out);
  out.shrink_to_fit();
  return out;
}

std::string gunzipped(std::string_view bytes) {
  uint32_t size = 0;
  for (size_t i = 0; i < kSizeBytes; ++i) {
    size |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[bytes.size() - kSizeBytes + i])) << (8 * i);
  }
  std::string out(size, '\0');
  z_stream stream{};
  const int begun = inflateInit2(&stream, kGzipWindow);
  CHECK(begun == Z_OK, "zlib lacks nothing but memory");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // which zlib does not write to
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = inflate(&stream, Z_FINISH);
  CHECK(done == Z_STREAM_END, "it was compressed here");
  inflateEnd(&stream);
  return out;
}

}  // namespace cleat::api
