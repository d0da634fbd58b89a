#include "plugins/authn-token/token_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cleat {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

class TokenFileTest : public testing::Test {
 protected:
  TokenTable parse(std::string_view text) {
    return TokenTable::parse(text, [this](int line, std::string_view why) {
      complaints.push_back(std::to_string(line) + ": " + std::string(why));
    });
  }
  std::vector<std::string> complaints;
};

TEST_F(TokenFileTest, ALineIsATokenItsUserAndTheGroupsInQuotes) {
  TokenTable table = parse("s3cret,jane,42,\"dev,ops\"\nother,joe,7\nthird,ann,,single\n");
  ASSERT_NE(table.find("s3cret"), nullptr);
  EXPECT_EQ(table.find("s3cret")->name, "jane");
  EXPECT_EQ(table.find("s3cret")->uid, "42");
  EXPECT_THAT(table.find("s3cret")->groups, ElementsAre("dev", "ops"));
  EXPECT_THAT(table.find("other")->groups, IsEmpty());
  EXPECT_THAT(table.find("third")->groups, ElementsAre("single"));
  EXPECT_THAT(complaints, IsEmpty());
}

TEST_F(TokenFileTest, OnlyTheWholeTokenIsOne) {
  TokenTable table = parse("s3cret,jane,42\n");
  for (const char* wrong : {"", "s3cre", "s3crets", "S3cret", "s3cret,jane,42", "jane"}) {
    EXPECT_EQ(table.find(wrong), nullptr) << wrong;
  }
  EXPECT_EQ(table.find(std::string_view("s3cret\0", 7)), nullptr);
}

TEST_F(TokenFileTest, CommentsEmptyLinesAndLineEndsOfOthersAreNoTrouble) {
  TokenTable table = parse("# who\r\n\r\na,jane,1,\"g,h\"\r\n\nb,joe,2");
  EXPECT_EQ(table.size(), 2u);
  EXPECT_THAT(table.find("a")->groups, ElementsAre("g", "h"));
  EXPECT_EQ(table.find("b")->uid, "2");
  EXPECT_THAT(complaints, IsEmpty());
}

TEST_F(TokenFileTest, QuotesHoldCommasAndDoubledQuotes) {
  TokenTable table = parse("\"a,b\",\"J. \"\"Jane\"\" Doe\",1\n");
  ASSERT_NE(table.find("a,b"), nullptr);
  EXPECT_EQ(table.find("a,b")->name, "J. \"Jane\" Doe");
}

TEST_F(TokenFileTest, AMalformedLineIsNamedAndTheOthersCount) {
  TokenTable table = parse(
      "good,jane,1\n"
      "only-a-token\n"
      "token,user\n"
      ",nobody,2\n"
      "nameless,,3\n"
      "open,\"jane,4\n"
      "glued,\"ja\"ne,5\n"
      "last,joe,6\n");
  EXPECT_EQ(table.size(), 2u);
  EXPECT_NE(table.find("last"), nullptr);
  EXPECT_EQ(table.find(""), nullptr) << "an empty token would let everybody in";
  EXPECT_THAT(complaints, ElementsAre(StartsWith("2: there are fewer than the three columns"),
                                      StartsWith("3: there are fewer than the three columns"),
                                      StartsWith("4: the token is empty"), StartsWith("5: the user is empty"),
                                      StartsWith("6: a quote is not closed"), StartsWith("7: a quote is not closed")));
}

TEST_F(TokenFileTest, OfATokenThatStandsTwiceTheLastLineCounts) {
  TokenTable table = parse("a,jane,1\na,joe,2\n");
  EXPECT_EQ(table.find("a")->name, "joe");
  EXPECT_THAT(complaints, ElementsAre(StartsWith("2: the token stands in a line above")));
}

}  // namespace
}  // namespace cleat
