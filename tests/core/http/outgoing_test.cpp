#include "core/http/outgoing.h"

#include <gtest/gtest.h>

#include "core/base/ref.h"

namespace cleat::http {
namespace {

struct Stored : RefCounted {
  explicit Stored(std::string content) : text(std::move(content)) {}
  ~Stored() { ++gone; }
  const std::string text;
  static inline int gone = 0;
};

// Takes everything, at most `most` bytes at a time as a socket does, and notes how large the pieces were that it was
// offered.
std::string takeAll(Outgoing& outgoing, size_t most, std::vector<size_t>* offered = nullptr) {
  std::string all;
  for (std::string_view rest = outgoing.next(); !rest.empty(); rest = outgoing.next()) {
    if (offered) offered->push_back(rest.size());
    std::string_view taken = rest.substr(0, most);
    all += taken;
    outgoing.took(taken.size());
  }
  return all;
}

TEST(Outgoing, PutsSmallPiecesTogetherAndLetsLargeOnesBe) {
  std::string large(40'000, 'l');
  auto stored = makeRef<Stored>(large);
  Body body;
  body.text("[");
  body.share(stored, stored->text);
  body.text("]");
  Outgoing outgoing;
  outgoing.set("head", std::move(body), "end");
  std::vector<size_t> offered;
  EXPECT_EQ(takeAll(outgoing, 1 << 20, &offered), "head[" + large + "]end");
  // Made up to a record, a record as it lies, and the rest.
  EXPECT_EQ(offered, (std::vector<size_t>{16384, 16384, 7241}));
}

TEST(Outgoing, IsTakenWholeHoweverLittleIsTakenAtATime) {
  auto stored = makeRef<Stored>(std::string(20'000, 's'));
  for (size_t most : {1u, 7u, 16384u}) {
    Body body("text");
    body.share(stored, stored->text);
    Outgoing outgoing;
    outgoing.set("", std::move(body), "");
    EXPECT_EQ(takeAll(outgoing, most), "text" + stored->text) << most;
  }
}

TEST(Body, KeepsWhatItsBytesAreAPartOf) {
  Stored::gone = 0;
  {
    Body body;
    auto stored = makeRef<Stored>("some bytes");
    std::string_view bytes = stored->text;
    body.share(Ref<const Stored>(stored), bytes.substr(0, 4));
    body.share(std::move(stored), bytes.substr(4));
    Body moved = std::move(body);
    EXPECT_EQ(Stored::gone, 0);
    EXPECT_EQ(moved.flat(), "some bytes");
  }
  EXPECT_EQ(Stored::gone, 1);
}

}  // namespace
}  // namespace cleat::http
