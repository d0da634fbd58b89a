// What a pod's status may say of devices.
#include <cleat/sdk/kinds/core_v1.h>
#include <gmock/gmock.h>

#include "kinds_fixture.h"

namespace cleat::test {
namespace {

using core_v1::Pod;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PodDevices : public KindsFixture {
 protected:
  PodDevices() : KindsFixture("kinds-core") {}
};

TEST_F(PodDevices, SayOfDevicesWhatTheyAskedFor) {
  const auto pod = [&](std::string_view status) {
    return object<Pod>(concat(
        R"({"metadata":{"name":"web"},"spec":{"resourceClaims":[{"name":"nic","resourceClaimName":"n"}],"containers":[{"name":"c","image":"i","resources":{"requests":[{"key":"x.io/gpu","value":"1"}],"claims":[{"name":"nic","request":"one"}]}}]},"status":{)",
        status, "}}"));
  };
  const auto told = [&](std::string_view status) { return validated(pod(status), pod(""), "status").findings; };
  const auto made = [](std::string_view mappings) {
    return concat(R"("extendedResourceClaimStatus":{"resourceClaimName":"web-x","requestMappings":[)", mappings, "]}");
  };
  constexpr const char* kMapping = R"({"containerName":"c","resourceName":"x.io/gpu","requestName":"container-0"})";
  EXPECT_THAT(told(made(kMapping)), IsEmpty());
  EXPECT_THAT(told(made("")), ElementsAre("status.extendedResourceClaimStatus.requestMappings: Required value: at "
                                          "least one request mapping is required"));
  EXPECT_THAT(told(made(concat(kMapping, ",", kMapping))),
              ElementsAre("status.extendedResourceClaimStatus.requestMappings[1].containerName: Duplicate value: \"c\"",
                          "status.extendedResourceClaimStatus.requestMappings[1].resourceName: Duplicate value: "
                          "\"x.io/gpu\"",
                          "status.extendedResourceClaimStatus.requestMappings[1].requestName: Duplicate value: "
                          "\"container-0\""));
  EXPECT_THAT(told(made(R"({"containerName":"d","resourceName":"x.io/gpu","requestName":"a"})")),
              ElementsAre("status.extendedResourceClaimStatus.requestMappings[0].containerName: Invalid value: \"d\": "
                          "must match the name of an entry in spec.initContainers.name or spec.containers.name"));
  EXPECT_THAT(told(R"("resourceClaimStatuses":[{"name":"other"}])"),
              ElementsAre("status.resourceClaimStatuses[0].name: Invalid value: \"other\": must match the name of an "
                          "entry in `spec.resourceClaims`"));
  const auto health = [](std::string_view name, std::string_view devices) {
    return concat(R"("containerStatuses":[{"name":"c","allocatedResourcesStatus":[{"name":")", name,
                  R"(","resources":[)", devices, "]}]}]");
  };
  constexpr const char* kWell = R"({"resourceID":"x.io/gpu=0","health":"Healthy"})";
  EXPECT_THAT(told(health("claim:nic/one", kWell)), IsEmpty());
  EXPECT_THAT(told(health("x.io/gpu", concat(kWell, ",", kWell))),
              ElementsAre("status.containerStatuses[0].allocatedResourcesStatus[0].resources[1].resourceID: Duplicate "
                          "value: \"x.io/gpu=0\""));
  EXPECT_THAT(told(health("claim:nic", R"({"resourceID":"a","health":"Ill"})")),
              ElementsAre("status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: \"claim:nic\": "
                          "must match one of the container's resource claims in a format "
                          "'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty",
                          "status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].health: Unsupported "
                          "value: \"Ill\": supported values: \"Healthy\", \"Unhealthy\", \"Unknown\""));
}

}  // namespace
}  // namespace cleat::test
