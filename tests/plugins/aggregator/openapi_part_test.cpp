#include "aggregator/openapi_part.h"

#include <gtest/gtest.h>

namespace cleat::aggregator {
namespace {

TEST(OpenApiPart, IsThePathsBelowAVersionAndWhatTheyLeadTo) {
  const auto part = openApiPart(R"({"swagger":"2.0","info":{},"paths":{"/apis/g/v1/x":{"get":{"parameters":[
      {"$ref":"#/parameters/p"}],"schema":{"$ref":"#/definitions/A"}}},"/apis/g/v1":{},"/apis/g/v11":{},"/version":{}},
      "definitions":{"A":{"items":{"$ref":"#/definitions/B"}},"B":{"$ref":"#/definitions/A"},"C":{}},
      "parameters":{"p":{"name":"pretty"},"q":{}}})",
                                "/apis/g/v1");
  ASSERT_TRUE(part);
  EXPECT_EQ(*part, R"({"swagger":"2.0","paths":{"/apis/g/v1":{},"/apis/g/v1/x":{"get":{"parameters":)"
                   R"([{"$ref":"#/parameters/p"}],"schema":{"$ref":"#/definitions/A"}}}},"definitions":)"
                   R"({"A":{"items":{"$ref":"#/definitions/B"}},"B":{"$ref":"#/definitions/A"}},)"
                   R"("parameters":{"p":{"name":"pretty"}}})");
}

TEST(OpenApiPart, IsNothingOfOtherDocuments) {
  EXPECT_EQ(openApiPart(R"({"swagger":"2.0","paths":{"/version":{}}})", "/apis/g/v1").value_or("?"), "");
  EXPECT_EQ(openApiPart(R"({"swagger":"2.0","paths":[]})", "/apis/g/v1").value_or("?"), "");
  EXPECT_EQ(openApiPart(R"({"openapi":"3.0.0","paths":{}})", "/apis/g/v1").error().message,
            "it is no OpenAPI document of version 2.0");
  EXPECT_FALSE(openApiPart("{", "/apis/g/v1"));
  // What is named and is not there is left out.
  EXPECT_EQ(openApiPart(R"({"swagger":"2.0","paths":{"/apis/g/v1":{"$ref":"#/definitions/gone"}},"definitions":{}})",
                        "/apis/g/v1")
                .value_or("?"),
            R"({"swagger":"2.0","paths":{"/apis/g/v1":{"$ref":"#/definitions/gone"}},"definitions":{}})");
}

}  // namespace
}  // namespace cleat::aggregator
