// What a process of the runtime that is killed leaves, and how long the steps of a pod's start take.
#include "tests/plugins/runtime-oci/plugin_fixture.h"

namespace cleat::runtime {
namespace {

TEST_F(RuntimeOciTest, DISABLED_MakesPodsUntilItIsKilled) {
  for (uint32_t attempt = 0;; ++attempt) {
    auto outcome = runSandbox(attempt);
    ASSERT_TRUE(outcome.ok()) << outcome.status.message;
    std::string box = str(outcome.answer->getSandbox().getId());
    runContainer(box, "sleep 1000");
    if (attempt % 2 == 0) continue;
    ASSERT_TRUE(callSandbox(role::runtime::removeSandbox, box).ok());
  }
}

TEST_F(RuntimeOciTest, AKillAtAnyMomentLeavesWhatANewProcessAdoptsAndCanRemove) {
  plugin->stop();
  for (int round = 0; round < 8; ++round) {
    Command child{.argv = {"/proc/self/exe", "--gtest_also_run_disabled_tests",
                           "--gtest_filter=RuntimeOciTest.DISABLED_MakesPodsUntilItIsKilled"}};
    child.argv[0] = std::filesystem::read_symlink("/proc/self/exe");
    child.environment = std::vector<std::string>{
        "CLEAT_TEST_FOLDER=" + folder->path(), "CLEAT_TEST_CGROUP=" + cgroupRoot, "PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
    auto pid = spawn(child);
    ASSERT_TRUE(pid);
    // Somewhere in its work, at another place every round.
    usleep(useconds_t(150'000 + round * 37'000));
    kill(*pid, SIGKILL);
    EXPECT_EQ(waitForExit(*pid), 128 + SIGKILL) << "it ended by itself";
    // Those whom it had just started may still be at work for a moment.
    usleep(100'000);
    startPlugin();
    auto list = call(role::runtime::listSandboxes);
    for (auto each : list.answer->getSandboxes()) {
      auto removed = callSandbox(role::runtime::removeSandbox, str(each.getId()));
      EXPECT_TRUE(removed.ok()) << removed.status.message;
    }
    EXPECT_EQ(call(role::runtime::listContainers).answer->getContainers().size(), 0u);
    EXPECT_TRUE(listFolder(host.dataDir() + "/containers")->empty());
    plugin->stop();
  }
}

TEST_F(RuntimeOciTest, TheStepsOfAPodsStartAreMeasured) {
  auto clock = [] { return std::chrono::steady_clock::now(); };
  auto ms = [](auto from, auto to) { return std::chrono::duration<double, std::milli>(to - from).count(); };
  std::vector<double> sandboxes, creates, starts;
  for (uint32_t attempt = 0; attempt < 10; ++attempt) {
    auto begin = clock();
    std::string box = str(runSandbox(attempt).answer->getSandbox().getId());
    auto made = clock();
    std::string id = str(create(box, "sleep 1000").answer->getContainerId());
    auto created = clock();
    ASSERT_TRUE(callContainer(role::runtime::startContainer, id).ok());
    auto started = clock();
    sandboxes.push_back(ms(begin, made));
    creates.push_back(ms(made, created));
    starts.push_back(ms(created, started));
    EXPECT_TRUE(callSandbox(role::runtime::removeSandbox, box).ok());
  }
  auto median = [](std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
    return values[values.size() / 2];
  };
  std::cout << "runSandbox " << median(sandboxes) << " ms, createContainer " << median(creates)
            << " ms, startContainer " << median(starts) << " ms (medians of " << starts.size() << ")\n";
}

}  // namespace
}  // namespace cleat::runtime
