// Which devices claims get on a node: situations with their answers, and a model that tries everything.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "plugins/scheduler-default/devices/allocation_result.h"
#include "tests/plugins/scheduler-default/device_objects.h"

namespace cleat::scheduling {
namespace {

using test::fromJson;

class AllocatorTest : public testing::Test {
 protected:
  AllocatorTest() {
    addClass("gpu", R"("selectors":[{"cel":{"expression":"device.driver == 'd'"}}])");
    node = fromJson<core_v1::Node>(R"({"metadata":{"name":"n","labels":{"zone":"z1"}}})");
  }
  void addClass(const std::string& name, const std::string& spec) {
    state.setClass(fromJson<DeviceClass>(concat(R"({"metadata":{"name":")", name, R"("},"spec":{)", spec, "}}")));
    state.changed();
  }
  // A pool of one slice on the node, unless `more` says where else.
  void addSlice(const std::string& name, const std::string& devices, const std::string& more = R"("nodeName":"n")",
                const std::string& pool = R"("name":"p","generation":1,"resourceSliceCount":1)") {
    state.setSlice(fromJson<ResourceSlice>(
        concat(R"({"metadata":{"name":")", name, R"("},"spec":{"driver":"d","pool":{)", pool, "},", more,
               devices.empty() ? "" : R"(,"devices":[)", devices, devices.empty() ? "" : "]", "}}")));
  }
  static Object<ResourceClaim> claim(const std::string& devices, const std::string& name = "c") {
    return fromJson<ResourceClaim>(concat(R"({"metadata":{"name":")", name, R"(","namespace":"default","uid":")", name,
                                          R"("},"spec":{"devices":{)", devices, "}}}"));
  }
  static std::string exactly(const std::string& name, const std::string& more = "") {
    return concat(R"({"name":")", name, R"(","exactly":{"deviceClassName":"gpu")", more.empty() ? "" : ",", more, "}}");
  }
  // "r=a r=b" of one claim; "-": it cannot be had; else what went wrong.
  std::string allocate(const std::string& devices) {
    std::vector<WantedDevices> wanted;
    wanted.push_back(readWanted(claim(devices), state));
    Allocator allocator(state, node);
    auto found = allocator.allocate(wanted);
    if (!found) return found.error().message;
    if (!*found) return allocator.metInvalidPool() ? "invalid" : "-";
    last = allocated(wanted[0], (**found)[0], node, state);
    std::string text;
    for (auto result : last->getStatus().getAllocation().getDevices().getResults()) {
      appendTo(text, concat(text.empty() ? "" : " ", result.getRequest(), "=", result.getDevice()));
    }
    return text;
  }
  // And it is the claim's from then on.
  std::string take(const std::string& devices, const std::string& name) {
    std::string text = allocate(devices);
    if (!last) return text;
    Draft<ResourceClaim> draft(last);
    draft.meta().setName(name);
    draft.meta().setUid(name);
    state.setClaim(std::move(draft).freeze());
    return text;
  }

  DeviceState state;
  Object<core_v1::Node> node;
  Object<ResourceClaim> last;
};

const std::string kOne = R"("requests":[{"name":"r","exactly":{"deviceClassName":"gpu","count":1}}])";

std::string requests(const std::string& list) { return concat(R"("requests":[)", list, "]"); }

TEST_F(AllocatorTest, TakesTheFirstThatIsFree) {
  addSlice("s", R"({"name":"a"},{"name":"b"})");
  EXPECT_EQ(take(kOne, "first"), "r=a");
  EXPECT_EQ(take(kOne, "second"), "r=b");
  EXPECT_EQ(allocate(kOne), "-");
  state.eraseClaim("default/first");
  EXPECT_EQ(allocate(kOne), "r=a");
}

TEST_F(AllocatorTest, ChoosesByExpressions) {
  addSlice("s", R"({"name":"a","attributes":{"model":{"string":"A"},"x.io/level":{"int":3}},
                    "capacity":{"memory":{"value":"8Gi"}}},
                   {"name":"b","attributes":{"model":{"string":"B"},"ok":{"bool":true},"v":{"version":"1.2.3"}},
                    "capacity":{"memory":{"value":"16Gi"}}})");
  auto by = [&](const std::string& expression) {
    return allocate(requests(exactly("r", concat(R"("selectors":[{"cel":{"expression":")", expression, R"("}}])"))));
  };
  EXPECT_EQ(by("device.attributes['d'].model == 'B'"), "r=b");
  EXPECT_EQ(by("has(device.attributes['x.io'].level) && device.attributes['x.io'].level > 2"), "r=a");
  EXPECT_EQ(by("device.capacity['d'].memory.compareTo(quantity('10Gi')) > 0"), "r=b");
  EXPECT_EQ(by("'v' in device.attributes['d'] && device.attributes['d'].v.isGreaterThan(semver('1.0.0'))"), "r=b");
  EXPECT_EQ(by("device.allowMultipleAllocations"), "-");
  EXPECT_EQ(by("device.attributes['elsewhere'].size() == 0 && device.driver == 'd'"), "r=a");
  EXPECT_EQ(by("device.attributes['d'].ok"), "device d/p/a: CEL runtime error: no such key: ok");
  EXPECT_TRUE(by("device.nothing == 1")
                  .starts_with("claim default/c: selector #0: CEL compile error: compilation "
                               "failed: "));
}

TEST_F(AllocatorTest, AllMeansAllThatThereAre) {
  const std::string all = requests(exactly("r", R"("allocationMode":"All")"));
  EXPECT_EQ(allocate(all), "-");
  addSlice("s", R"({"name":"a"},{"name":"b"})");
  EXPECT_EQ(allocate(all), "r=a r=b");
  take(kOne, "first");
  EXPECT_EQ(allocate(all), "-");
}

TEST_F(AllocatorTest, TheFirstChoiceThatCanBeHadCounts) {
  addSlice("s", R"({"name":"a"},{"name":"b"})");
  const std::string choices = requests(
      R"({"name":"r","firstAvailable":[{"name":"three","deviceClassName":"gpu","count":3},
         {"name":"two","deviceClassName":"gpu","count":2},{"name":"one","deviceClassName":"gpu","count":1}]})");
  EXPECT_EQ(allocate(choices), "r/two=a r/two=b");
  take(kOne, "first");
  EXPECT_EQ(allocate(choices), "r/one=b");
}

TEST_F(AllocatorTest, ConstraintsTieDevicesTogetherOrKeepThemApart) {
  addSlice("s", R"({"name":"a","attributes":{"numa":{"int":0}}},{"name":"b","attributes":{"numa":{"int":1}}},
                   {"name":"c","attributes":{"d/numa":{"int":1}}},{"name":"x"})");
  const std::string two = requests(exactly("r", R"("count":2)"));
  EXPECT_EQ(allocate(two), "r=a r=b");
  EXPECT_EQ(allocate(two + R"(,"constraints":[{"matchAttribute":"d/numa"}])"), "r=b r=c");
  EXPECT_EQ(allocate(requests(exactly("r", R"("count":3)")) + R"(,"constraints":[{"matchAttribute":"d/numa"}])"), "-");
  const std::string both = requests(concat(exactly("q"), ",", exactly("r")));
  EXPECT_EQ(allocate(both + R"(,"constraints":[{"distinctAttribute":"d/numa"}])"), "q=a r=b");
  EXPECT_EQ(allocate(both + R"(,"constraints":[{"requests":["q"],"matchAttribute":"d/absent"}])"), "-");
  EXPECT_EQ(allocate(requests(concat(exactly("q"), ",", exactly("r", R"("count":3)"))) +
                     R"(,"constraints":[{"requests":["q"],"matchAttribute":"d/numa"}])"),
            "q=a r=b r=c r=x");
}

TEST_F(AllocatorTest, WhoLooksAfterDevicesTakesNothing) {
  addSlice("s", R"({"name":"a"})");
  take(kOne, "first");
  const std::string admin = requests(exactly("r", R"("adminAccess":true)"));
  EXPECT_EQ(take(admin, "second"), "r=a");
  EXPECT_TRUE(last->getStatus().getAllocation().getDevices().getResults()[0].getAdminAccess().getValue());
  state.eraseClaim("default/first");
  EXPECT_EQ(allocate(kOne), "r=a");
}

TEST_F(AllocatorTest, TaintsKeepOffWhoDoesNotTolerateThem) {
  addSlice("s", R"({"name":"a","taints":[{"key":"k","value":"v","effect":"NoSchedule"}]},
                   {"name":"b","taints":[{"key":"k","effect":"None"}]})");
  EXPECT_EQ(allocate(kOne), "r=b");
  EXPECT_EQ(allocate(requests(exactly("r", R"("tolerations":[{"key":"k","operator":"Equal","value":"v"}])"))), "r=a");
  EXPECT_EQ(allocate(requests(exactly("r", R"("tolerations":[{"operator":"Exists","effect":"NoExecute"}])"))), "r=b");
  state.rules().set(fromJson<DeviceTaintRule>(
      R"({"metadata":{"name":"r"},"spec":{"deviceSelector":{"device":"b"},"taint":{"key":"x","effect":"NoExecute"}}})"));
  EXPECT_EQ(allocate(kOne), "-");
}

TEST_F(AllocatorTest, OnlyTheNewestGenerationOfAWholePoolCounts) {
  addSlice("old", R"({"name":"a"})", R"("nodeName":"n")", R"("name":"p","generation":1,"resourceSliceCount":1)");
  addSlice("new", R"({"name":"b"})", R"("nodeName":"n")", R"("name":"p","generation":2,"resourceSliceCount":2)");
  EXPECT_EQ(allocate(kOne), "-");
  addSlice("newer", R"({"name":"c"})", R"("nodeName":"n")", R"("name":"p","generation":2,"resourceSliceCount":2)");
  EXPECT_EQ(allocate(requests(exactly("r", R"("count":2)"))), "r=b r=c");
  addSlice("newer", R"({"name":"b"})", R"("nodeName":"n")", R"("name":"p","generation":2,"resourceSliceCount":2)");
  EXPECT_EQ(allocate(kOne), "invalid");
}

TEST_F(AllocatorTest, NodesReachWhatIsForThem) {
  auto demanded = [&] {
    std::string text;
    for (auto term : last->getStatus().getAllocation().getNodeSelector().getNodeSelectorTerms()) {
      for (auto each : term.getMatchFields()) appendTo(text, concat(each.getKey(), "=", each.getValues()[0]));
      for (auto each : term.getMatchExpressions()) appendTo(text, concat(each.getKey(), "=", each.getValues()[0]));
    }
    return text;
  };
  const std::string zone = R"("nodeSelector":{"nodeSelectorTerms":[{"matchExpressions":[
                              {"key":"zone","operator":"In","values":["z1"]}]}]})";
  addSlice("s", R"({"name":"a"})", R"("nodeName":"other")");
  EXPECT_EQ(allocate(kOne), "-");
  addSlice("s", R"({"name":"a"})", R"("nodeName":"n")");
  EXPECT_EQ(allocate(kOne), "r=a");
  EXPECT_EQ(demanded(), "metadata.name=n");
  addSlice("s", R"({"name":"a"})", zone);
  EXPECT_EQ(allocate(kOne), "r=a");
  EXPECT_EQ(demanded(), "zone=z1");
  addSlice("s", R"({"name":"a","bindsToNode":true})", R"("allNodes":true)");
  EXPECT_EQ(allocate(kOne), "r=a");
  EXPECT_EQ(demanded(), "metadata.name=n");
  addSlice("s", R"({"name":"a"})", R"("allNodes":true)");
  EXPECT_EQ(allocate(kOne), "r=a");
  EXPECT_EQ(demanded(), "");
  addSlice("s", concat(R"({"name":"a","nodeName":"other"},{"name":"b",)", zone, "}"),
           R"("perDeviceNodeSelection":true)");
  EXPECT_EQ(allocate(kOne), "r=b");
  EXPECT_EQ(demanded(), "zone=z1");
}

TEST_F(AllocatorTest, DevicesOfOneCardShareItsCounters) {
  const std::string pool = R"("name":"p","generation":1,"resourceSliceCount":2)";
  addSlice("counters", "",
           R"("nodeName":"n","sharedCounters":[{"name":"card","counters":{"memory":{"value":"40Gi"}}}])", pool);
  auto part = [](const char* name, const char* memory) {
    return concat(R"({"name":")", name, R"(","consumesCounters":[{"counterSet":"card","counters":{"memory":{"value":")",
                  memory, R"("}}}]})");
  };
  addSlice("parts", concat(part("half-0", "20Gi"), ",", part("half-1", "20Gi"), ",", part("whole", "40Gi")),
           R"("nodeName":"n")", pool);
  EXPECT_EQ(allocate(requests(exactly("r", R"("count":3)"))), "-");
  EXPECT_EQ(allocate(requests(exactly("r", R"("count":2)"))), "r=half-0 r=half-1");
  EXPECT_EQ(take(kOne, "first"), "r=half-0");
  EXPECT_EQ(allocate(requests(exactly("r", R"("count":2)"))), "-");
  EXPECT_EQ(take(kOne, "second"), "r=half-1");
  EXPECT_EQ(allocate(kOne), "-");
  state.eraseClaim("default/first");
  state.eraseClaim("default/second");
  EXPECT_EQ(allocate(requests(exactly("r", R"("selectors":[{"cel":{"expression":"true"}}])"))), "r=half-0");
}

TEST_F(AllocatorTest, SharedDevicesAreGivenInParts) {
  addSlice("s", R"({"name":"a","allowMultipleAllocations":true,"capacity":{"memory":{"value":"10Gi",
                    "requestPolicy":{"default":"1Gi","validRange":{"min":"1Gi","max":"8Gi","step":"2Gi"}}}}})");
  auto of = [&](const char* memory) {
    return requests(exactly("r", concat(R"("capacity":{"requests":{"memory":")", memory, R"("}})")));
  };
  auto consumed = [&] {
    auto result = last->getStatus().getAllocation().getDevices().getResults()[0];
    return str(result.getConsumedCapacity()[0].getValue());
  };
  EXPECT_EQ(allocate(of("9Gi")), "-");
  EXPECT_EQ(take(of("4Gi"), "first"), "r=a");
  EXPECT_EQ(consumed(), "5Gi");
  EXPECT_EQ(last->getStatus().getAllocation().getDevices().getResults()[0].getShareID().size(), 36u);
  EXPECT_EQ(take(kOne, "second"), "r=a");
  EXPECT_EQ(consumed(), "1Gi");
  EXPECT_EQ(allocate(of("5Gi")), "-");
  EXPECT_EQ(allocate(of("3Gi")), "r=a");
  state.eraseClaim("default/first");
  EXPECT_EQ(allocate(of("5Gi")), "r=a");
}

TEST_F(AllocatorTest, OfDevicesForOneCapacityOnlyChooses) {
  addSlice("s",
           R"({"name":"a","capacity":{"memory":{"value":"4Gi"}}},{"name":"b","capacity":{"memory":{"value":"8Gi"}}})");
  EXPECT_EQ(allocate(requests(exactly("r", R"("capacity":{"requests":{"memory":"6Gi"}})"))), "r=b");
  EXPECT_FALSE(last->getStatus().getAllocation().getDevices().getResults()[0].hasShareID());
}

TEST_F(AllocatorTest, WhatConfiguresDevicesGoesAlong) {
  addClass("gpu", R"("config":[{"opaque":{"driver":"d","parameters":{"a":1}}}])");
  addSlice("s", R"({"name":"a"},{"name":"b"})");
  allocate(requests(concat(exactly("q"), ",", exactly("r"))) +
           R"(,"config":[{"requests":["r"],"opaque":{"driver":"d","parameters":{"b":2}}},
               {"opaque":{"driver":"e","parameters":{"c":3}}}])");
  std::string text;
  for (auto config : last->getStatus().getAllocation().getDevices().getConfig()) {
    appendTo(text, concat(config.getSource(), ":"));
    for (auto name : config.getRequests()) appendTo(text, concat(" ", name));
    appendTo(text, concat(" ", config.getOpaque().getDriver(), " ", config.getOpaque().getParameters(), "; "));
  }
  EXPECT_EQ(text,
            "FromClass: q d {\"a\":1}; FromClass: r d {\"a\":1}; FromClaim: r d {\"b\":2}; FromClaim: e {\"c\":3}; ");
}

// Small random problems: devices with an attribute each, some taken, and requests with a constraint over them.
struct Problem {
  std::vector<int> numa;  // by device; -1: it says none
  std::vector<bool> taken;
  std::vector<int> counts;  // by request
  std::vector<int> levels;  // by request: only devices of that number or a higher one
  int constraint = 0;       // 0: none, 1: match, 2: distinct
};

bool canBeHad(const Problem& problem, size_t request, int left, std::vector<bool> taken, std::vector<int> held) {
  if (left == 0) {
    if (++request == problem.counts.size()) return true;
    left = problem.counts[request];
  }
  for (size_t i = 0; i < problem.numa.size(); ++i) {
    if (taken[i] || static_cast<int>(i) < problem.levels[request]) continue;
    const int numa = problem.numa[i];
    if (problem.constraint != 0 && numa < 0) continue;
    const bool known = std::ranges::find(held, numa) != held.end();
    if ((problem.constraint == 1 && !held.empty() && !known) || (problem.constraint == 2 && known)) continue;
    auto more = taken;
    more[i] = true;
    auto also = held;
    also.push_back(numa);
    if (canBeHad(problem, request, left - 1, more, also)) return true;
  }
  return false;
}

TEST_F(AllocatorTest, FindsWhatAModelThatTriesEverythingFinds) {
  std::mt19937 random(7);
  auto upTo = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most + 1)); };
  int had = 0;
  for (int round = 0; round < 300; ++round) {
    Problem problem;
    DeviceState fresh;
    std::swap(state, fresh);
    addClass("gpu", R"("selectors":[{"cel":{"expression":"true"}}])");
    std::string devices;
    for (int i = 0, n = 1 + upTo(5); i < n; ++i) {
      problem.numa.push_back(upTo(3) - 1);
      problem.taken.push_back(upTo(3) == 0);
      appendTo(devices, concat(i == 0 ? "" : ",", R"({"name":"d)", i, R"(","attributes":{"at":{"int":)", i, "}"));
      if (problem.numa.back() >= 0) appendTo(devices, concat(R"(,"numa":{"int":)", problem.numa.back(), "}"));
      appendTo(devices, "}}");
    }
    addSlice("s", devices);
    for (size_t i = 0; i < problem.taken.size(); ++i) {
      if (!problem.taken[i]) continue;
      state.setClaim(fromJson<ResourceClaim>(
          concat(R"({"metadata":{"name":"t)", i, R"(","namespace":"x"},"status":{"allocation":{"devices":{"results":[)",
                 R"({"request":"r","driver":"d","pool":"p","device":"d)", i, R"("}]}}}})")));
    }
    std::string list;
    for (int i = 0, n = 1 + upTo(2); i < n; ++i) {
      problem.counts.push_back(1 + upTo(1));
      problem.levels.push_back(upTo(2));
      appendTo(list, concat(i == 0 ? "" : ",",
                            exactly(concat("r", i),
                                    concat(R"("count":)", problem.counts.back(),
                                           R"(,"selectors":[{"cel":{"expression":"device.attributes['d'].at >= )",
                                           problem.levels.back(), R"("}}])"))));
    }
    problem.constraint = upTo(2);
    std::string wanted = requests(list);
    if (problem.constraint == 1) wanted += R"(,"constraints":[{"matchAttribute":"d/numa"}])";
    if (problem.constraint == 2) wanted += R"(,"constraints":[{"distinctAttribute":"d/numa"}])";
    const bool can = canBeHad(problem, 0, problem.counts[0], problem.taken, {});
    const std::string found = allocate(wanted);
    EXPECT_EQ(found != "-", can) << devices << " " << wanted << " " << found;
    had += can;
  }
  EXPECT_GT(had, 50);
  EXPECT_LT(had, 250);
}

}  // namespace
}  // namespace cleat::scheduling
