// What the backend is asked, what it says, and how the plugin is configured.
#include <cleat/sdk/file.h>
#include <cleat/sdk/meta.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "image_policy_config.h"
#include "image_review.h"
#include "tests/plugins/objects.h"

namespace cleat::image_policy {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(ImageReview, SaysImagesNamespaceAndWhatIsMeantForTheBackend) {
  auto pod = test::named<core_v1::Pod>("shop", "web");
  setAnnotation(pod.meta(), "other", "x");
  setAnnotation(pod.meta(), "ours.image-policy.k8s.io/ticket", "7");
  auto spec = pod->initSpec();
  auto containers = spec.initContainers(2);
  containers[0].setImage("a:1");
  containers[1].setImage("b:2");
  spec.initInitContainers(1)[0].setImage("c:3");
  spec.initEphemeralContainers(1)[0].setImage("d:4");
  const Object<core_v1::Pod> object = std::move(pod).freeze();
  EXPECT_EQ(imageReviewText(object, "shop", Images::ofPod),
            R"({"kind":"ImageReview","apiVersion":"imagepolicy.k8s.io/v1alpha1","spec":{"containers":[{"image":"a:1"},)"
            R"({"image":"b:2"},{"image":"c:3"}],"annotations":{"ours.image-policy.k8s.io/ticket":"7"},)"
            R"("namespace":"shop"}})");
  EXPECT_THAT(imageReviewText(object, "shop", Images::ofEphemeralContainers),
              HasSubstr(R"("containers":[{"image":"d:4"}])"));
}

TEST(ImageReview, AllowsOrNot) {
  auto read = [](const char* status) {
    return readImageReview(
        concat(R"({"apiVersion":"imagepolicy.k8s.io/v1alpha1","kind":"ImageReview","status":)", status, "}"));
  };
  EXPECT_TRUE(read(R"({"allowed":true})")->isAllowed);
  EXPECT_FALSE(read(R"({"allowed":"true"})")->isAllowed);
  EXPECT_FALSE(read("{}")->isAllowed);
  EXPECT_EQ(read(R"({"allowed":false,"reason":"old"})")->reason, "old");
  EXPECT_FALSE(read("7"));
}

class ImagePolicyFile : public testing::Test {
 protected:
  ImagePolicyFile() : folder(concat(testing::TempDir(), "/image-policy-", ::getpid())) {
    EXPECT_TRUE(makeFolders(folder).has_value());
    EXPECT_TRUE(writeFile(folder + "/hook",
                          "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
                          "clusters: [{name: k, cluster: {server: \"https://h:1/p\"}}]\n"
                          "users: [{name: u, user: {token: t}}]\n")
                    .has_value());
  }
  ~ImagePolicyFile() override { EXPECT_TRUE(removeTree(folder).has_value()); }
  Result<ImagePolicyConfig> read(const std::string& text) {
    EXPECT_TRUE(writeFile(folder + "/policy.yaml", text).has_value());
    return readImagePolicy(folder + "/policy.yaml");
  }
  std::string folder;
};

TEST_F(ImagePolicyFile, SaysHowLongAnswersAreKept) {
  auto config = read("imagePolicy: {kubeConfigFile: hook, allowTTL: 50, denyTTL: -1, defaultAllow: true}\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->allowTtl, 50s);
  EXPECT_EQ(config->denyTtl, 0s);
  EXPECT_EQ(config->retryBackoff, 500ms);
  EXPECT_TRUE(config->allowsByDefault);
  EXPECT_EQ(config->target.url, "https://h:1/p");
  EXPECT_EQ(read("imagePolicy: {kubeConfigFile: hook, allowTTL: 0}\n")->allowTtl, 5min);
}

TEST_F(ImagePolicyFile, TellsWhatIsWrongWithLineAndField) {
  const std::pair<const char*, const char*> cases[] = {
      {"{}", "imagePolicy: Required value"},
      {"imagePolicy:\n  allowTTL: 5\n", "kubeConfigFile: Required value"},
      {"imagePolicy:\n  kubeConfigFile: hook\n  allowTtl: 5\n", "/policy.yaml:3: imagePolicy.allowTtl: unknown field"},
      {"imagePolicy:\n  kubeConfigFile: hook\n  allowTTL: 1801\n",
       "/policy.yaml:3: imagePolicy.allowTTL: valid value is between 1s and 30m"},
      {"imagePolicy:\n  kubeConfigFile: hook\n  retryBackoff: -2\n", "valid value is between 1ms and 5m"},
      {"imagePolicy:\n  kubeConfigFile: hook\n  denyTTL: 9223372036854775807\n", "imagePolicy.denyTTL: valid value"},
      {"imagePolicy:\n  kubeConfigFile: hook\n  defaultAllow: maybe\n", "expected true or false, not \"maybe\""},
      {"imagePolicy: {kubeConfigFile: absent}\n", "imagePolicy.kubeConfigFile: "},
  };
  for (const auto& [text, says] : cases) {
    auto config = read(text);
    ASSERT_FALSE(config) << text;
    EXPECT_THAT(config.error().message, HasSubstr(says));
  }
}

}  // namespace
}  // namespace cleat::image_policy
