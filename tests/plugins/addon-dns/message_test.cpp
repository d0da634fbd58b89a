// Messages that are right, and those that somebody means ill with.
#include "message.h"

#include <gtest/gtest.h>

namespace cleat::dns {
namespace {

std::string head(uint16_t flags, uint16_t questions, uint16_t answers = 0, uint16_t additional = 0) {
  std::string out;
  for (const uint16_t value : {uint16_t{0x1234}, flags, questions, answers, uint16_t{0}, additional})
    append16(out, value);
  return out;
}

std::string question(const Name& name, uint16_t type = kTypeA) {
  std::string out;
  appendName(out, name);
  append16(out, type);
  append16(out, kClassIn);
  return out;
}

std::string opt(uint16_t size, uint32_t ttl = 0) {
  std::string out(1, '\0');
  append16(out, kTypeOpt);
  append16(out, size);
  append32(out, ttl);
  append16(out, 0);
  return out;
}

TEST(Query, IsReadWithItsCaseAndItsSize) {
  auto parsed =
      parseQuery(head(kRecursionDesired, 1, 0, 1) + question({"WeB", "Default"}, kTypeAaaa) + opt(1400, 0x8000));
  EXPECT_FALSE(parsed.silent);
  EXPECT_EQ(parsed.fault, Rcode::noError);
  EXPECT_EQ(parsed.query.id, 0x1234);
  EXPECT_EQ(parsed.query.question, (Question{{"WeB", "Default"}, kTypeAaaa, kClassIn}));
  EXPECT_TRUE(parsed.query.edns);
  EXPECT_TRUE(parsed.query.dnssecOk);
  EXPECT_EQ(parsed.query.udpBytes, 1400);
  EXPECT_EQ(udpLimit(parsed.query), kMostUdpBytes);
}

TEST(Query, ThatIsNoneGetsNoAnswer) {
  EXPECT_TRUE(parseQuery("").silent);
  EXPECT_TRUE(parseQuery(head(0, 1).substr(0, 11)).silent);
  EXPECT_TRUE(parseQuery(head(kResponse, 1) + question({"a"})).silent)
      << "two servers would answer each other for ever";
}

TEST(Query, IsRefusedByItsFault) {
  const std::string one = question({"a"});
  EXPECT_EQ(parseQuery(head(0, 0)).fault, Rcode::formatError);
  EXPECT_EQ(parseQuery(head(0, 2) + one + one).fault, Rcode::formatError);
  EXPECT_EQ(parseQuery(head(0, 1) + one + "x").fault, Rcode::formatError) << "more than it says";
  EXPECT_EQ(parseQuery(head(0, 1, 9) + one).fault, Rcode::formatError) << "less than it says";
  EXPECT_EQ(parseQuery(head(0, 1, 0, 2) + one + opt(512) + opt(512)).fault, Rcode::formatError);
  EXPECT_EQ(parseQuery(head(0x2800, 1) + one).fault, Rcode::notImplemented) << "an update";
  EXPECT_EQ(parseQuery(head(0, 1, 0, 1) + one + opt(512, 1u << 16)).fault, Rcode::badVersion);
  EXPECT_EQ(parseQuery(head(0, 1, 0, 1) + one + opt(10)).query.udpBytes, kPlainUdpBytes);
}

TEST(Name, DoesNotLoopNorGrow) {
  const std::string tail("\0\1\0\1", 4);
  EXPECT_EQ(parseQuery(head(0, 1) + "\xc0\x0c" + tail).fault, Rcode::formatError) << "to itself";
  EXPECT_EQ(parseQuery(head(0, 1) +
                       "\x01"
                       "a\xc0\x0c" +
                       tail)
                .fault,
            Rcode::formatError)
      << "to its own start";
  EXPECT_EQ(parseQuery(head(0, 1) + "\xc0\x20" + tail).fault, Rcode::formatError) << "forwards";
  EXPECT_EQ(parseQuery(head(0, 1) + std::string("\xc0\x00", 2) + tail).fault, Rcode::formatError) << "into the header";
  EXPECT_EQ(parseQuery(head(0, 1) + std::string("\x40") + std::string(64, 'a') + std::string(1, '\0') + tail).fault,
            Rcode::formatError);
  EXPECT_EQ(parseQuery(head(0, 1) + question(Name(127, "a"))).fault, Rcode::noError);
  EXPECT_EQ(parseQuery(head(0, 1) + question(Name(128, "a"))).fault, Rcode::formatError);
}

TEST(Response, HasItsAddressesAndAliases) {
  std::string message = head(kResponse, 1, 3) + question({"www", "example"});
  message += "\xc0\x0c";
  append16(message, kTypeCname);
  append16(message, kClassIn);
  append32(message, 60);
  append16(message, 6);
  message += "\x03web\xc0\x10";  // web.example
  for (const auto& [type, rdata] : {std::pair{kTypeA, std::string("\1\2\3\4")}, {kTypeTxt, std::string("\1x")}}) {
    message += "\xc0\x0c";
    append16(message, type);
    append16(message, kClassIn);
    append32(message, 60);
    append16(message, static_cast<uint16_t>(rdata.size()));
    message += rdata;
  }
  auto response = parseResponse(message);
  ASSERT_TRUE(response);
  ASSERT_EQ(response->addresses.size(), 2u);
  EXPECT_EQ(response->addresses[0].rdata, std::string("\x03web\x07"
                                                      "example\0",
                                                      13));
  EXPECT_EQ(response->addresses[1].rdata, "\1\2\3\4");
  EXPECT_FALSE(parseResponse(message.substr(0, message.size() - 1)));
  EXPECT_FALSE(parseResponse(head(0, 1) + question({"a"})));
}

TEST(Reply, IsCutWhereTheClientTakesNoMore) {
  Query query{.id = 7, .flags = kRecursionDesired, .hasQuestion = true, .question = {{"A"}, kTypeA, kClassIn}};
  Reply reply{.authoritative = true};
  for (int i = 0; i < 100; ++i) reply.answers.push_back({std::nullopt, kTypeA, 5, "\1\2\3\4"});
  const std::string cut = writeReply(query, reply, kPlainUdpBytes);
  EXPECT_LE(cut.size(), kPlainUdpBytes);
  auto response = parseResponse(cut);
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->flags & kTruncated);
  EXPECT_EQ(response->addresses.size(), (kPlainUdpBytes - kHeaderBytes - 7) / 16);
  response = parseResponse(writeReply(query, reply, kMostMessageBytes));
  EXPECT_FALSE(response->flags & kTruncated);
  EXPECT_TRUE(response->flags & kAuthoritative);
  EXPECT_EQ(response->addresses.size(), 100u);
  EXPECT_EQ(response->question.name, Name{"A"}) << "as it was asked";
}

TEST(Name, IsReadFromText) {
  EXPECT_EQ(parseName("a.b.c."), (Name{"a", "b", "c"}));
  EXPECT_EQ(parseName(""), Name());
  for (const char* bad : {"..", "a..b", ".a"}) EXPECT_FALSE(parseName(bad)) << bad;
  EXPECT_FALSE(parseName(std::string(64, 'a')));
}

}  // namespace
}  // namespace cleat::dns
