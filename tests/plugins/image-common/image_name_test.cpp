#include "image-common/image_name.h"

#include <gtest/gtest.h>

namespace cleat {
namespace {

TEST(ImageNameTest, NamesAreReadAsDockerDoes) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  struct Case {
    std::string name, full;
  };
  for (const Case& each : {
           Case{"busybox", "docker.io/library/busybox:latest"},
           Case{"busybox:1.35", "docker.io/library/busybox:1.35"},
           Case{"bitnami/nginx", "docker.io/bitnami/nginx:latest"},
           Case{"docker.io/busybox", "docker.io/library/busybox:latest"},
           Case{"index.docker.io/library/busybox:1", "docker.io/library/busybox:1"},
           Case{"localhost/x", "localhost/x:latest"},
           Case{"registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.9"},
           Case{"[::1]:5000/a:1", "[::1]:5000/a:1"},
           Case{"My-Host.example:443/a:1", "My-Host.example:443/a:1"},
           Case{"127.0.0.1:5000/a/b_c/d--e:T.1", "127.0.0.1:5000/a/b_c/d--e:T.1"},
           Case{"busybox@" + digest, "docker.io/library/busybox@" + digest},
           Case{"busybox:1@" + digest, "docker.io/library/busybox:1@" + digest},
       }) {
    auto name = parseImageName(each.name);
    ASSERT_TRUE(name) << each.name;
    EXPECT_EQ(name->full(), each.full);
    auto again = parseImageName(name->full());
    ASSERT_TRUE(again) << name->full();
    EXPECT_EQ(again->full(), each.full);
  }
}

TEST(ImageNameTest, MalformedNamesAreRefused) {
  for (const char* name : {"",
                           ":",
                           "Busybox",
                           "a//b",
                           "a/",
                           "/a",
                           "a:",
                           "a:b:c",
                           "a@sha256:12",
                           "a:-x",
                           "a..b",
                           "a___b",
                           "a-",
                           "../../etc",
                           "a b",
                           "a:b/c?d",
                           "-a",
                           "--tls-verify=false",
                           "-x.y/a",
                           "a.b-/c",
                           "x.y:/a",
                           "x.y:5a/a",
                           "[::1]x/a",
                           "x..y/a",
                           ".x/a",
                           "--authfile=/x.y/a",
                           "dir:/etc",
                           "docker-archive:/x.tar",
                           "a.b:-1/c",
                           "busybox:",
                           "busy box",
                           "busybox@sha256:12",
                           "-a",
                           "--tls-verify=false",
                           "-x.y/a",
                           "x.y:5a/a"})
    EXPECT_FALSE(parseImageName(name)) << name;
  EXPECT_EQ(parseImageName("a b").error().message, "couldn't parse image name \"a b\": invalid reference format");
}

TEST(ImageNameTest, IsPulledAlwaysOnlyForTheTagLatest) {
  EXPECT_EQ(defaultPullPolicy(*parseImageName("busybox")), "Always");
  EXPECT_EQ(defaultPullPolicy(*parseImageName("busybox:1")), "IfNotPresent");
  EXPECT_EQ(defaultPullPolicy(*parseImageName("busybox:latest@sha256:" + std::string(64, 'a'))), "IfNotPresent");
}

TEST(ImageNameTest, IsListedWithItsTagOrItsDigest) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(parseImageName("busybox")->listed(), "docker.io/library/busybox:latest");
  EXPECT_EQ(parseImageName("busybox:1@" + digest)->listed(), "docker.io/library/busybox@" + digest);
}

}  // namespace
}  // namespace cleat
