// What webhooks answer, and what is made of it.
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "webhook-common/base64.h"
#include "webhook-common/conversion_review.h"
#include "webhook-common/destination.h"
#include "webhook-common/patched_object.h"
#include "webhook-common/review.h"

namespace cleat::webhook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kNoStatus = "";

std::string answerWith(const std::string& response) {
  return R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":)" + response + "}";
}

Result<ReviewAnswer> read(const std::string& text, bool mutates = false) {
  return readReview(text, {"hook.example.com", "v1", "u", mutates});
}

std::string wrong(const std::string& text, bool mutates = false) {
  auto answer = read(text, mutates);
  return answer ? "" : answer.error().message;
}

TEST(Review, IsHeldAgainstTheQuestion) {
  struct Case {
    std::string text;
    const char* wrong;
    bool mutates = false;
  };
  const Case cases[] = {
      {"{]", "couldn't get version/kind; json parse error"},
      {"{}", "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got , Kind="},
      {R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"})", "webhook response was absent"},
      {answerWith(R"({"uid":"x","allowed":true})"), R"(expected response.uid="u", got "x")"},
      {answerWith(R"({"uid":"u","allowed":true,"patch":"W10="})"), "may not return response.patch"},
      {answerWith(R"({"uid":"u","allowed":true,"patch":"W10="})"), "response.patch but not response.patchType", true},
      {answerWith(R"({"uid":"u","allowed":true,"patchType":"JSONPatch"})"), "patchType but not response.patch", true},
      {answerWith(R"({"uid":"u","patch":"W10=","patchType":"Merge"})"), R"(response.patchType of "Merge")", true},
      {answerWith(R"({"uid":"u","patch":"?","patchType":"JSONPatch"})"), "is not base64", true},
      {answerWith(R"({"uid":"u","allowed":true,"patch":"e30=","patchType":"JSONPatch"})"),
       "received undecodable patch in webhook response: it is no list of operations", true},
  };
  for (const Case& each : cases) EXPECT_THAT(wrong(each.text, each.mutates), HasSubstr(each.wrong)) << each.text;
}

TEST(Review, Refuses) {
  struct Case {
    const char* status;
    uint16_t code;
    const char* message;
  };
  const Case cases[] = {
      {R"(,"status":{"message":"no","code":403,"reason":"Forbidden"})", 403,
       "admission webhook \"hook.example.com\" denied the request: no"},
      {R"(,"status":{"reason":"Odd"})", 400, "admission webhook \"hook.example.com\" denied the request: Odd"},
      {R"(,"status":{"code":200})", 400,
       "admission webhook \"hook.example.com\" denied the request without explanation"},
      {kNoStatus, 400, "admission webhook \"hook.example.com\" denied the request without explanation"},
  };
  for (const Case& each : cases) {
    auto answer = read(answerWith(concat(R"({"uid":"u","allowed":false)", each.status, "}")));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_FALSE(answer->allowed);
    EXPECT_EQ(answer->denial.code, each.code);
    EXPECT_EQ(answer->denial.message, each.message);
  }
}

TEST(Review, Warns) {
  auto answer = read(answerWith(R"({"uid":"u","allowed":true,"warnings":["a","","b"]})"));
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->warnings, ElementsAre("a", "b"));
}

TEST(PatchedObject, KeepsWhoOwnsWhat) {
  Draft<core_v1::ConfigMap> draft;
  draft.meta().setName("c");
  draft.meta().initManagedFields(1)[0].setManager("kubectl");
  const AnyRef object = std::move(draft).freezeAny();
  const policy::KindKey kind{"", "v1", "ConfigMap"};
  auto operations = read(
      answerWith(R"({"uid":"u","allowed":true,"patchType":"JSONPatch","patch":")"
                 // [{"op":"add","path":"/data","value":{"a":"b"}},{"op":"remove","path":"/metadata/managedFields"}]
                 "W3sib3AiOiJhZGQiLCJwYXRoIjoiL2RhdGEiLCJ2YWx1ZSI6eyJhIjoiYiJ9fSx7Im9wIjoicmVtb3ZlIiwicGF0aCI6"
                 "Ii9tZXRhZGF0YS9tYW5hZ2VkRmllbGRzIn1d\"}"),
      true);
  ASSERT_TRUE(operations && operations->patch);
  auto patched = patchedObject(object, kind, false, *operations->patch);
  ASSERT_TRUE(patched) << patched.error().message;
  const Object<core_v1::ConfigMap> made(std::move(*patched).freezeAny());
  EXPECT_EQ(lookup(made->getData(), "a"), "b");
  ASSERT_EQ(made.meta().getManagedFields().size(), 1u);
  EXPECT_EQ(view(made.meta().getManagedFields()[0].getManager()), "kubectl");
}

TEST(Destination, IsAUrlOrAService) {
  const Destination url = Destination::ofUrl("https://[::1]:8443/a/b", "pem");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.path, "/a/b");
  EXPECT_EQ(Destination::ofUrl("https://example.com", "").path, "/");
  EXPECT_EQ(Destination::ofUrl("https://example.com", "").port, 443);
  const Destination service = Destination::ofService("n", "s", "/x", 443, "");
  EXPECT_EQ(service.url, "https://s.n.svc:443/x");
  EXPECT_EQ(service.host, "s.n.svc");
}

Conversion conversionOf(std::vector<AnyRef> objects) {
  return {"example.com", "Widget", "v1", "v2", "v1", "u", std::move(objects)};
}

AnyRef widget() {
  Draft<open_v1::OpenObject> draft;
  draft->initMetadata().setName("w");
  draft->getMetadata().setUid("uid");
  draft->getMetadata().setGeneration(3);
  return std::move(draft).freezeAny();
}

std::string converted(const std::string& response) {
  const Conversion conversion = conversionOf({widget()});
  auto made = readConversion(
      R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","response":)" + response + "}", conversion);
  if (!made) return made.error().message;
  const Object<open_v1::OpenObject> object(made->at(0));
  return concat(object.name(), " ", object.meta().getGeneration(), " ",
                label(object.meta(), "a").value_or("unlabelled"));
}

TEST(Conversion, TakesLabelsAndNothingElseOfMetadata) {
  const auto success = [](const std::string& objects) {
    return concat(R"({"uid":"u","result":{"status":"Success"},"convertedObjects":[)", objects, "]}");
  };
  const std::string prefix = "conversion webhook for example.com/v1, Kind=Widget ";
  EXPECT_EQ(converted(success(R"({"apiVersion":"example.com/v2","kind":"Widget","metadata":{"name":"w","uid":"uid",
                                  "generation":7,"labels":{"a":"b"}}})")),
            "w 3 b");
  EXPECT_EQ(converted(success("")), prefix + "returned 0 objects, expected 1");
  EXPECT_THAT(converted(success(R"({"apiVersion":"example.com/v1","kind":"Widget"})")),
              HasSubstr("invalid groupVersion (expected example.com/v2, received example.com/v1)"));
  EXPECT_THAT(converted(success(R"({"apiVersion":"example.com/v2","kind":"Gadget"})")), HasSubstr("invalid kind"));
  EXPECT_THAT(converted(success(R"({"apiVersion":"example.com/v2","kind":"Widget","metadata":{"name":"x"}})")),
              HasSubstr("returned invalid object: must have the same name: w != x"));
  const std::string widget = R"({"apiVersion":"example.com/v2","kind":"Widget","metadata":{"name":"w","uid":"uid")";
  EXPECT_EQ(
      converted(success(widget + R"(,"labels":{"a":7}}})")),
      prefix + "returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object");
  EXPECT_EQ(
      converted(success(widget + R"(,"annotations":[]}})")),
      prefix + "returned invalid metadata: invalid metadata.annotations of type []interface {} in converted object");
  EXPECT_THAT(
      converted(success(widget + R"(,"labels":{"a":"not so"}}})")),
      HasSubstr("returned invalid metadata: metadata.labels: Invalid value: \"not so\": a valid label must be"));
  EXPECT_EQ(converted(R"({"uid":"u","result":{"status":"Failure","message":"no"}})"), prefix + "failed: no");
  EXPECT_EQ(converted(R"({"uid":"u","result":{"status":"Failure"}})"),
            prefix + "failed: response.result.status was 'Failure', not 'Success'");
  EXPECT_THAT(converted(R"({"uid":"v"})"), HasSubstr(R"(expected response.uid="u", got "v")"));
}

}  // namespace
}  // namespace cleat::webhook
