#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/app/check/check_report.h"
#include "core/app/check/exported_symbols.h"
#include "core/app/check/sample_messages.h"
#include "core/object/codec.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::app {
namespace {

using ::testing::HasSubstr;

TEST(CheckReport, TellsTheFirstReasonAndHowManyThereWere) {
  CheckReport report("frobnicator 1.0");
  report.ok("start");
  report.fail("crashes", "killed by signal 11");
  report.fail("crashes", "killed by signal 6");
  report.okUnlessFailed("crashes");
  report.okUnlessFailed("answers");
  report.skip("rest", "it watches nothing");
  EXPECT_EQ(report.failures(), 1u);
  EXPECT_EQ(report.text(true),
            "frobnicator 1.0\n"
            "  ok    start\n"
            "  FAIL  crashes      killed by signal 11 (and 1 more like it)\n"
            "  ok    answers\n"
            "  skip  rest         it watches nothing\n");
}

TEST(CheckReport, IsOneLineWhereNothingFails) {
  CheckReport report("frobnicator 1.0");
  report.ok("start");
  report.ok("stop", "in order");
  EXPECT_EQ(report.text(true), "ok    frobnicator 1.0: 2 checks\n");
  EXPECT_THAT(report.text(false), HasSubstr("  ok    stop         in order\n"));
}

TEST(ExportedSymbols, AreReadOutOfTheFileAlone) {
  EXPECT_FALSE(exportedSymbols("/etc/passwd").has_value());
  EXPECT_FALSE(exportedSymbols("/nowhere").has_value());
  // Any library of this machine.
  std::string library;
  for (const char* folder : {"/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib64", "/usr/lib"}) {
    std::error_code error;
    if (library.empty() && std::filesystem::exists(std::string(folder) + "/libc.so.6", error)) {
      library = std::string(folder) + "/libc.so.6";
    }
  }
  if (library.empty()) GTEST_SKIP() << "the C library is somewhere else";
  auto symbols = exportedSymbols(library);
  ASSERT_TRUE(symbols.has_value()) << symbols.error().message;
  EXPECT_THAT(*symbols, ::testing::Contains("malloc"));
}

TEST(SampleMessages, AreObjectsOfTheirKindHoweverStrange) {
  SampleMessages samples(1);
  size_t made = 0;
  for (const object::KindRef& kind : test::kinds().latest()->served()) {
    for (int i = 0; i < 3; ++i) {
      Ref<const object::Message> object = samples.object(*kind, "default", "strange");
      if (!object) continue;
      ++made;
      EXPECT_TRUE(object::verify(*kind, object->words()).has_value()) << kind->name;
      EXPECT_EQ(str(object->meta().getName()), "strange");
    }
  }
  EXPECT_GT(made, 100u);
}

TEST(SampleMessages, OfOneSeedAreTheSame) {
  const auto schema = capnp::Schema::from<role::KindsDescription>();
  SampleMessages one(7), same(7), other(8);
  const auto words = [&](SampleMessages& samples) {
    const auto message = samples.any(schema);
    return std::vector<uint64_t>(message->words().begin(), message->words().end());
  };
  EXPECT_EQ(words(one), words(same));
  EXPECT_NE(words(one), words(other));
}

}  // namespace
}  // namespace cleat::app
