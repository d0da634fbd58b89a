#include "core/object/quantity.h"

#include <gtest/gtest.h>

#include "core/object/time_text.h"

namespace cleat::object {
namespace {

TEST(Quantity, IsWrittenWithTheLargestSuffixThatLosesNothing) {
  const std::pair<const char*, const char*> cases[] = {
      {"0", "0"},
      {"0Ki", "0"},
      {"-0", "0"},
      {"1000m", "1"},
      {"0.5", "500m"},
      {"1024Ki", "1Mi"},
      {"1024", "1024"},
      {"1.5Gi", "1536Mi"},
      {"1000M", "1G"},
      {".001Ki", "1024m"},
      {"1e3", "1e3"},
      {"100e3", "100e3"},
      {"1E", "1E"},
      {"0.1Gi", "107374182400m"},
      {"8Ei", "9223372036854775807"},
      {"-8Ei", "-9223372036854775807"},
      {"8589934592.1Gi", "9223372036854775807"},
      {"9223372036854775806.5Ki", "9223372036854775807"},
      {"4095.5Pi", "4193792Ti"},
      {"0.9n", "1n"},
      {"+5", "5"},
      {"-1500m", "-1500m"},
      {"-2000m", "-2"},
      {"1.", "1"},
      {"100k", "100k"},
      {"123456789", "123456789"},
      {"12e-3", "12e-3"},
      {"1000E", "1e21"},
      {"1023", "1023"},
      {".000000000001Ki", "2n"},
      {"0.0001", "100u"},
      {"999999999999999999999999", "999999999999999999999999"},
  };
  for (const auto& [in, out] : cases) {
    Result<std::string> canonical = canonicalQuantity(in);
    ASSERT_TRUE(canonical) << in << ": " << canonical.error().message;
    EXPECT_EQ(*canonical, out) << in;
  }
}

TEST(Quantity, RefusesWhatIsNone) {
  for (const char* text : {"", "lots", "1 Gi", "1GiB", "--1", "1.2.3", "1e", "0x10", "1Zi"}) {
    EXPECT_FALSE(canonicalQuantity(text)) << text;
  }
  EXPECT_FALSE(canonicalQuantity(std::string(126, '5') + ".5")) << "too long, written with a suffix";
  EXPECT_EQ(canonicalQuantity("1GG").error().message, "unable to parse quantity's suffix");
}

TEST(TimeText, NormalisesToUtc) {
  EXPECT_EQ(formatTime(*parseTime("2020-02-29T23:59:59.999-01:00")), "2020-03-01T00:59:59Z");
  EXPECT_EQ(formatMicroTime(*parseTime("1969-12-31T23:59:59.5Z")), "1969-12-31T23:59:59.500000Z");
  EXPECT_EQ(formatTime(int64_t{0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(formatMicroTime(int64_t{-1}), "1969-12-31T23:59:59.999999Z");
  // What an offset leads out of the years 0 to 9999 could be written, but not read again.
  EXPECT_EQ(formatTime(*parseTime("9999-12-31T23:59:59+00:01")), "9999-12-31T23:58:59Z");
  for (const char* text : {"9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01", "", "2020-02-30T00:00:00Z",
                           "2020-01-01", "2020-01-01T24:00:00Z", "2020-01-01T00:00:00"}) {
    EXPECT_FALSE(parseTime(text)) << text;
  }
}

}  // namespace
}  // namespace cleat::object
