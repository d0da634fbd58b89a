// A place to run real sandboxes and containers in for one test: folders, the demo image, and a clean-up that leaves
// nothing, whatever the test left running.
#pragma once

#include "cleat_folders.h"
#include "plugins/runtime-oci/containers/containers.h"
#include "plugins/runtime-oci/containers/oci_spec.h"
#include "plugins/runtime-oci/containers/sandboxes.h"
#include "plugins/runtime-oci/images/image_fetcher.h"
#include "plugins/runtime-oci/images/image_store.h"
#include "tests/plugins/runtime-oci/temporary_folder.h"

#include <cleat/sdk/process.h>

#include <time.h>
#include <unistd.h>

#include <cctype>
#include <fstream>
#include <functional>
#include <memory>
#include <random>

namespace cleat::runtime {

inline int64_t wallNs() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

inline std::string randomId() {
  std::random_device device;
  std::string id;
  while (id.size() < 64) id += "0123456789abcdef"[device() % 16];
  return id;
}

// The command lines of processes that name the folder.
inline std::vector<std::string> processesOf(const std::string& folder) {
  std::vector<std::string> found;
  auto pids = listFolder("/proc");
  for (const std::string& pid : *pids)
    if (std::isdigit(static_cast<unsigned char>(pid[0])))
      if (auto line = readFile("/proc/" + pid + "/cmdline"); line && line->find(folder) != std::string::npos)
        found.push_back(pid + " " + *line);
  return found;
}

// What is missing to run containers here; empty when nothing is.
inline std::string missingForContainers() {
  if (geteuid() != 0) return "root";
  for (const char* program : {"/usr/sbin/runc", "/usr/bin/conmon", "/usr/bin/skopeo", "/bin/busybox"})
    if (access(program, X_OK) != 0) return program;
  return "";
}

class MachineTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string missing = missingForContainers(); !missing.empty()) GTEST_SKIP() << "SKIPPED: no " << missing;
    auto detected = Cgroups::detect();
    if (!detected) GTEST_SKIP() << "SKIPPED: " << detected.error().message;
    folder = std::make_unique<TemporaryFolder>();
    store = std::make_unique<ImageStore>(*folder / "images");
    ASSERT_TRUE(store->open());
    auto made = run(Command{.argv = {CLEAT_SOURCE_DIR "/etc/demo-image.sh", *folder / "demo.tar"}});
    ASSERT_TRUE(made && made->succeeded());
    ImageFetcher fetcher(*store, {});
    auto imported = fetcher.import(*folder / "demo.tar", "");
    ASSERT_TRUE(imported) << imported.error().message;
    image = *imported;
    cgroupRoot = "/cleat-test-" + randomId().substr(0, 8);
    cgroups = std::make_unique<Cgroups>(*detected);
    reopen();
  }

  // A new process would begin like this.
  void reopen() {
    sandboxes =
        std::make_unique<Sandboxes>(Sandboxes::Settings{*folder / "sandboxes", *folder / "run", CLEAT_PAUSE}, *cgroups);
    containers = std::make_unique<Containers>(
        ContainerSettings{*folder / "containers", *folder / "exits", *folder / "run", store->layersFolder()}, *cgroups);
  }

  void TearDown() override {
    if (!containers) return;
    // What these cannot remove is found by expectNothingLeft.
    auto remaining = containers->load(wallNs());
    if (remaining)
      for (const ContainerRecord& record : *remaining) (void)containers->remove(record);
    auto left = sandboxes->load();
    if (left)
      for (SandboxRecord& record : *left) {
        (void)sandboxes->stop(record);
        (void)sandboxes->remove(record);
      }
    // A damaged record does not say which group was its own.
    EXPECT_TRUE(cgroups->remove(cgroupRoot));
    expectNothingLeft();
  }

  void expectNothingLeft() {
    std::string mounts = *readFile("/proc/self/mountinfo");
    EXPECT_EQ(mounts.find(folder->path()), std::string::npos) << "a mount is left";
    // Those above the pods' are their maker's.
    EXPECT_EQ(run(Command{.argv = {"/bin/sh", "-c", "find /sys/fs/cgroup -type d -path '*" + cgroupRoot + "/*pod*'"}})
                  ->standardOutput,
              "");
    EXPECT_EQ(processesOf(folder->path()), std::vector<std::string>());
    EXPECT_TRUE(listFolder(*folder / "run/netns")->empty());
    EXPECT_TRUE(listFolder(*folder / "run/oci")->empty());
  }

  SandboxRecord sandboxWish() {
    SandboxRecord wish;
    wish.id = randomId();
    wish.podNamespace = "default";
    wish.podName = "web";
    wish.podUid = "uid-1";
    wish.hostname = "web";
    wish.logDirectory = *folder / "logs";
    wish.cgroupParent = cgroupRoot + "/besteffort/pod1";
    wish.createdAtNs = wallNs();
    return wish;
  }

  SandboxRecord startSandbox() { return startSandbox(sandboxWish()); }
  SandboxRecord startSandbox(SandboxRecord wish) {
    auto record = sandboxes->start(std::move(wish));
    EXPECT_TRUE(record) << record.error().message;
    return record ? *record : SandboxRecord();
  }

  Result<ContainerRecord> create(const SandboxRecord& sandbox, ContainerWish wish) {
    ContainerRecord record;
    record.id = randomId();
    record.createdAtNs = wallNs();
    wish.sandboxId = sandbox.id;
    if (wish.name.empty()) wish.name = "c";
    if (wish.logPath.empty()) wish.logPath = wish.name + "/0.log";
    wish.image = "cleat-demo:1";
    record.wish = std::move(wish);
    return containers->create(std::move(record), sandbox, sandboxes->shmOf(sandbox), image);
  }

  // Runs a shell script in a new container and leaves it running.
  ContainerRecord runScript(const SandboxRecord& sandbox, const std::string& script, ContainerWish wish = {}) {
    wish.command = {"/bin/sh", "-c", script};
    auto record = create(sandbox, std::move(wish));
    EXPECT_TRUE(record) << record.error().message;
    if (!record) return {};
    auto started = containers->start(*record, wallNs());
    EXPECT_TRUE(started) << started.error().message;
    return *record;
  }

  // Waits until `condition` holds, without an event to wait for; at most ten seconds.
  static bool eventually(const std::function<bool()>& condition) {
    for (int attempt = 0; attempt < 2000; ++attempt) {
      if (condition()) return true;
      usleep(5000);
    }
    return false;
  }

  ContainerRecord waitForEnd(ContainerRecord record) {
    EXPECT_TRUE(eventually([&] { return containers->noteExit(record).value_or(false); })) << "it does not end";
    return record;
  }

  // The texts of a container's log, without time, stream and tag.
  std::string logOf(const ContainerRecord& record) {
    std::ifstream lines(record.logPath);
    std::string text;
    for (std::string line; std::getline(lines, line);) {
      // "TIME STREAM TAG TEXT", where the tag P says that the line goes on.
      size_t at = 0;
      for (int field = 0; field < 2; ++field) at = line.find(' ', at) + 1;
      text += line.substr(line.find(' ', at) + 1) + (line[at] == 'P' ? "" : "\n");
    }
    return text;
  }

  // Runs a script to its end: its log.
  std::string output(const SandboxRecord& sandbox, const std::string& script, ContainerWish wish = {}) {
    ContainerRecord record = waitForEnd(runScript(sandbox, script, std::move(wish)));
    return logOf(record);
  }

  std::unique_ptr<TemporaryFolder> folder;
  std::string cgroupRoot;
  std::unique_ptr<Cgroups> cgroups;
  std::unique_ptr<ImageStore> store;
  std::unique_ptr<Sandboxes> sandboxes;
  std::unique_ptr<Containers> containers;
  Image image;
};

}  // namespace cleat::runtime
