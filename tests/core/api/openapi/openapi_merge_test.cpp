#include "core/api/openapi/openapi_merge.h"

#include <gtest/gtest.h>

namespace cleat::api {
namespace {

TEST(OpenApiMerge, TakesPathsBelowThePrefixAndWhatTheyNeed) {
  EXPECT_EQ(mergeOpenApi(R"({"swagger":"2.0","paths":{"/api":{}},"definitions":{"A":{"type":"string"}}})",
                         {{"/apis/g/v1", R"({"paths":{"/apis/g/v1":{},"/apis/g/v1/x":{"$ref":"#/definitions/B"},
                           "/apis/g/v1beta":{},"/api":{"not":"ours"}},"definitions":{"B":{"type":"object"}}})"}}),
            R"({"swagger":"2.0","paths":{"/api":{},"/apis/g/v1":{},"/apis/g/v1/x":{"$ref":"#/definitions/B"}},)"
            R"("definitions":{"A":{"type":"string"},"B":{"type":"object"}}})");
}

TEST(OpenApiMerge, SharesWhatIsTheSameAndRenamesWhatIsNot) {
  const std::string own = R"({"paths":{},"definitions":{"M":{"type":"object"},"Same":{"type":"string"},)"
                          R"("Uses":{"$ref":"#/definitions/M"}}})";
  // Uses is the same text, but of another M.
  const std::string other = R"({"paths":{"/apis/g/v1/x":{"a":{"$ref":"#/definitions/Uses"},)"
                            R"("b":{"$ref":"#/definitions/Same"}}},"definitions":{"M":{"type":"array"},)"
                            R"("Same":{"type":"string"},"Uses":{"$ref":"#/definitions/M"}}})";
  EXPECT_EQ(mergeOpenApi(own, {{"/apis/g/v1", other}}),
            R"({"paths":{"/apis/g/v1/x":{"a":{"$ref":"#/definitions/Uses_v2"},"b":{"$ref":"#/definitions/Same"}}},)"
            R"("definitions":{"M":{"type":"object"},"Same":{"type":"string"},"Uses":{"$ref":"#/definitions/M"},)"
            R"("M_v2":{"type":"array"},"Uses_v2":{"$ref":"#/definitions/M_v2"}}})");
}

TEST(OpenApiMerge, LeavesOutWhatCannotBeRead) {
  const std::string own = R"({"paths":{}})";
  EXPECT_EQ(mergeOpenApi(own, {}), own);
  EXPECT_EQ(mergeOpenApi(own, {{"/apis/g/v1", "{"}, {"/apis/g/v1", "[]"}, {"/apis/g/v1", R"({"paths":[]})"}}), own);
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  EXPECT_EQ(mergeOpenApi(own, {{"/apis/g/v1", R"({"paths":{"/apis/g/v1":)" + deep + "}}"}}), own);
}

}  // namespace
}  // namespace cleat::api
