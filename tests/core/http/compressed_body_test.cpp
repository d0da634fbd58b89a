// What is sent compressed, and that it is the same when it is unpacked.
#include "core/http/compressed_body.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace cleat::http {
namespace {

std::string unpacked(const std::string& bytes, size_t size) {
  std::string out(size + 1, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0u);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

// Of many pieces, and not all alike: `spread` bytes of each are not to be guessed.
Body bodyOf(size_t pieces, size_t size, size_t spread) {
  Body body;
  uint32_t random = 1;
  for (size_t i = 0; i < pieces; ++i) {
    std::string text(size, 'x');
    for (size_t at = 0; at < spread; ++at) text[at] = static_cast<char>((random = random * 1664525 + 1013904223) >> 24);
    body.text(text);
    body.text(",");
  }
  return body;
}

TEST(CompressedBody, IsTheSameUnpackedHoweverItIsCut) {
  struct Case {
    size_t pieces, size, spread;
  };
  for (const Case& each : {Case{1, 300'000, 10}, Case{3000, 100, 50}, Case{7, 1'000'000, 1'000'000}, Case{1, 0, 0}}) {
    const std::string whole = bodyOf(each.pieces, each.size, each.spread).flat();
    CompressedBody body(bodyOf(each.pieces, each.size, each.spread));
    std::string packed;
    while (!body.ended()) {
      if (body.step()) packed += body.take();
    }
    packed += body.take();
    EXPECT_EQ(unpacked(packed, whole.size()), whole);
  }
}

TEST(CompressedBody, IsSentInPartsOfABoundedSize) {
  constexpr size_t kMost = 256u << 10;
  CompressedBody body(bodyOf(100, 100'000, 100'000));  // which does not become smaller
  size_t parts = 0;
  for (; !body.ended(); ++parts) {
    while (!body.step()) {
    }
    EXPECT_LT(body.take().size(), kMost);
  }
  EXPECT_GT(parts, 40u);
}

TEST(CompressedBody, IsForLargeAnswersThatAreWantedSo) {
  Response large;
  large.body.own(std::string((128u << 10) + 1, 'x'));
  large.head.mayCompress = true;
  const auto suits = [&](const char* encodings, const char* method = "GET") {
    Request request;
    request.method = method;
    if (*encodings) request.headers.add("Accept-Encoding", encodings);
    return CompressedBody::suits(request, large);
  };
  EXPECT_TRUE(suits("gzip"));
  EXPECT_TRUE(suits("deflate, gzip, br"));
  EXPECT_FALSE(suits(""));
  EXPECT_FALSE(suits("deflate"));
  EXPECT_FALSE(suits("gzip;q=0"));
  EXPECT_FALSE(suits("gzip", "HEAD"));
  large.head.mayCompress = false;
  EXPECT_FALSE(suits("gzip"));
  large.head.mayCompress = true;
  Body small(std::string(128u << 10, 'x'));
  large.body = std::move(small);
  EXPECT_FALSE(suits("gzip"));
}

}  // namespace
}  // namespace cleat::http
