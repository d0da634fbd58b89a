#include "core/http/gzip_stream.h"

#include <zlib.h>

#include "core/base/check.h"

namespace cleat::http {
namespace {

constexpr int kGzipWindow = MAX_WBITS + 16;  // with the head and the end of a file of gzip
constexpr int kUsualMemory = 8;
constexpr size_t kStepBytes = 16u << 10;

}  // namespace

GzipStream::GzipStream() : stream_(std::make_unique<z_stream>()) {
  const int begun =
      deflateInit2(stream_.get(), Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kUsualMemory, Z_DEFAULT_STRATEGY);
  CHECK((begun == Z_OK), "zlib lacks nothing but memory");
}

GzipStream::~GzipStream() { deflateEnd(stream_.get()); }

void GzipStream::add(std::string_view bytes, std::string& out) {
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // which zlib does not write to
  stream_->avail_in = static_cast<uInt>(bytes.size());
  run(Z_NO_FLUSH, out);
}

void GzipStream::finish(std::string& out) {
  stream_->avail_in = 0;
  run(Z_FINISH, out);
}

void GzipStream::run(int flush, std::string& out) {
  const auto wantsRoom = [&](int done) {
    return flush == Z_FINISH ? done != Z_STREAM_END : stream_->avail_in > 0 || stream_->avail_out == 0;
  };
  int done = Z_OK;
  do {
    const size_t before = out.size();
    // Not zeroed before: the pieces of a body may be a few bytes each.
    out.resize_and_overwrite(before + kStepBytes, [&](char* to, size_t) {
      stream_->next_out = reinterpret_cast<Bytef*>(to + before);
      stream_->avail_out = static_cast<uInt>(kStepBytes);
      done = deflate(stream_.get(), flush);
      return before + kStepBytes - stream_->avail_out;
    });
    CHECK((done == Z_OK || done == Z_BUF_ERROR || done == Z_STREAM_END), "zlib is asked for what it can do");
  } while (wantsRoom(done));
}

}  // namespace cleat::http
