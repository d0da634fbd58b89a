// Debian's CNI plugins and iptables for real, in a network namespace of the test's own, so that neither a bridge nor a
// rule can stay behind.
#include "plugins/network-cni/attachments.h"
#include "plugins/network-cni/node_rules.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/process.h>

#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <thread>

namespace cleat::network {
namespace {

class RealNetworkTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: needs root";
    for (const char* program : {"/usr/lib/cni/bridge", "/usr/lib/cni/host-local", "/usr/lib/cni/portmap",
                                "/usr/sbin/iptables", "/usr/sbin/ip", "/usr/sbin/nft"})
      if (access(program, X_OK) != 0) GTEST_SKIP() << "SKIPPED: " << program << " is not installed";
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) GTEST_SKIP() << "SKIPPED: cannot make a network namespace";
    // The namespaces' files are mounts that only this process sees.
    ASSERT_EQ(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    char name[] = "/tmp/cleat-net-XXXXXX";
    folder = mkdtemp(name);
    ASSERT_TRUE(makeFolders(folder + "/attachments"));
    must({"/usr/sbin/ip", "link", "set", "lo", "up"});
    ASSERT_TRUE(prepareKernel(Family::ipv4));
    ASSERT_TRUE(prepareKernel(Family::ipv6));
  }

  void TearDown() override {
    for (const std::string& path : namespaces) umount2(path.c_str(), MNT_DETACH);
    if (folder.empty()) return;
    EXPECT_TRUE(removeTree(folder));
  }

  std::string must(std::vector<std::string> argv) {
    auto output = run(Command{.argv = std::move(argv)});
    EXPECT_TRUE(output && output->succeeded()) << (output ? output->standardError : output.error().message);
    return output ? output->standardOutput : "";
  }

  bool succeeds(std::vector<std::string> argv) {
    auto output = run(Command{.argv = std::move(argv)});
    return output && output->succeeded();
  }

  std::string makeNamespace(const std::string& id) {
    std::string path = folder + "/netns-" + id;
    EXPECT_TRUE(writeFile(path, ""));
    std::thread([&] {
      ASSERT_EQ(unshare(CLONE_NEWNET), 0);
      ASSERT_EQ(mount("/proc/thread-self/ns/net", path.c_str(), nullptr, MS_BIND, nullptr), 0);
    }).join();
    namespaces.push_back(path);
    return path;
  }

  Attachments make() {
    NetworkList list =
        defaultNetworkList({.subnets = {"10.99.7.0/24", "fd00:99:7::/64"}, .allocations = folder + "/allocations"});
    return Attachments(list, PluginRunner({"/usr/lib/cni"}, 20000), folder + "/attachments",
                       Attachments::Guard{SourceGuard("/usr/sbin/nft"), "cleat0"});
  }
  bool inside(const Sandbox& sandbox, std::vector<std::string> argv) {
    std::vector<std::string> command{"/usr/bin/nsenter", "--net=" + sandbox.netns};
    command.insert(command.end(), argv.begin(), argv.end());
    return succeeds(command);
  }

  std::string folder;
  std::vector<std::string> namespaces;
};

TEST_F(RealNetworkTest, TwoPodsReachEachOtherTheNodeAndAHostPort) {
  Attachments attachments = make();
  Sandbox one{"one", makeNamespace("one"), "default", "one", "u1", {}};
  Sandbox two{"two", makeNamespace("two"), "default", "two", "u2", {{18080, 80, "TCP", ""}}};
  auto first = attachments.connect(one);
  ASSERT_TRUE(first) << first.error().message;
  auto second = attachments.connect(two);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(*first, (std::vector<std::string>{"10.99.7.2", "fd00:99:7::2"}));
  EXPECT_EQ(*second, (std::vector<std::string>{"10.99.7.3", "fd00:99:7::3"}));
  EXPECT_TRUE(inside(one, {"/bin/busybox", "ping", "-c1", "-W2", "10.99.7.3"}));
  EXPECT_TRUE(inside(two, {"/bin/busybox", "ping", "-c1", "-W2", "10.99.7.1"}));
  EXPECT_TRUE(succeeds({"/bin/busybox", "ping", "-c1", "-W2", "10.99.7.2"}));
  EXPECT_TRUE(inside(one, {"/bin/busybox", "ping", "-6", "-c1", "-W2", "fd00:99:7::3"}));
  // The bridge, which has just come, asks first whether it is the only one with its address (RFC 4862).
  EXPECT_TRUE(inside(two, {"/bin/sh", "-c",
                           "for i in 1 2 3 4 5 6 7 8; do busybox ping -6 -c1 -W1 fd00:99:7::1 && exit; done; exit 1"}));
  EXPECT_TRUE(succeeds({"/bin/busybox", "ping", "-6", "-c1", "-W2", "fd00:99:7::2"}));
  EXPECT_NE(must({"/usr/sbin/ip6tables-save", "-t", "nat"}).find("[fd00:99:7::3]:80"), std::string::npos);
  EXPECT_NE(must({"/usr/sbin/iptables-save", "-t", "nat"}).find("10.99.7.3:80"), std::string::npos);
  EXPECT_TRUE(attachments.check("one"));

  ASSERT_TRUE(attachments.disconnect(one));
  ASSERT_TRUE(attachments.disconnect(two));
  EXPECT_EQ(must({"/usr/sbin/iptables-save", "-t", "nat"}).find("10.99.7.3:80"), std::string::npos);
  EXPECT_EQ(must({"/usr/sbin/ip", "-br", "link", "show", "type", "veth"}), "");
  for (const char* address : {"10.99.7.2", "10.99.7.3", "fd00:99:7::2", "fd00:99:7::3"})
    EXPECT_NE(access((folder + "/allocations/cleat/" + address).c_str(), F_OK), 0) << address << " was not released";
}

TEST_F(RealNetworkTest, APodSendsUnderItsOwnAddressesOnly) {
  Attachments attachments = make();
  Sandbox one{"one", makeNamespace("one"), "default", "one", "u1", {}};
  Sandbox two{"two", makeNamespace("two"), "default", "two", "u2", {}};
  ASSERT_TRUE(attachments.connect(one));
  ASSERT_TRUE(attachments.connect(two));
  // Connecting again leaves it guarded, as it was.
  ASSERT_TRUE(attachments.connect(one));
  auto ping = [&](const char* from) {
    return inside(one, {"/bin/busybox", "ping", "-c1", "-W1", "-I", from, "10.99.7.3"});
  };
  EXPECT_TRUE(ping("10.99.7.2"));
  EXPECT_TRUE(inside(one, {"/usr/sbin/ip", "address", "add", "10.99.7.77/24", "dev", "eth0"}));
  EXPECT_FALSE(ping("10.99.7.77"));
  // It does not answer for that address either: to its neighbour nobody has it.
  EXPECT_FALSE(inside(two, {"/bin/busybox", "arping", "-c1", "-w1", "-I", "eth0", "10.99.7.77"}));
  EXPECT_TRUE(inside(two, {"/bin/busybox", "arping", "-c1", "-w1", "-I", "eth0", "10.99.7.2"}));
  EXPECT_TRUE(inside(one, {"/usr/sbin/ip", "link", "set", "eth0", "address", "02:00:00:00:00:99"}));
  EXPECT_FALSE(ping("10.99.7.2"));
  EXPECT_NE(must({"/usr/sbin/nft", "list", "ruleset"}).find("chain veth"), std::string::npos);
  ASSERT_TRUE(attachments.disconnect(one));
  ASSERT_TRUE(attachments.disconnect(two));
  EXPECT_EQ(must({"/usr/sbin/nft", "list", "ruleset"}).find("chain veth"), std::string::npos);
}

TEST_F(RealNetworkTest, APodIsNobodyElsesNeighbourOfIpv6) {
  Attachments attachments = make();
  Sandbox one{"one", makeNamespace("one"), "default", "one", "u1", {}};
  Sandbox two{"two", makeNamespace("two"), "default", "two", "u2", {}};
  ASSERT_TRUE(attachments.connect(one));
  ASSERT_TRUE(attachments.connect(two));
  auto ping = [&](const Sandbox& from, const char* address) {
    return inside(from, {"/bin/busybox", "ping", "-6", "-c1", "-W1", address});
  };
  EXPECT_TRUE(ping(two, "fd00:99:7::2"));
  // It has another's address too: nobody hears of that, and nothing comes from it.
  EXPECT_TRUE(inside(one, {"/usr/sbin/ip", "address", "add", "fd00:99:7::77/64", "dev", "eth0", "nodad"}));
  EXPECT_FALSE(ping(two, "fd00:99:7::77"));
  EXPECT_FALSE(inside(one, {"/bin/busybox", "ping", "-6", "-c1", "-W1", "-I", "fd00:99:7::77", "fd00:99:7::3"}));
  EXPECT_TRUE(ping(two, "fd00:99:7::2"));
}

TEST_F(RealNetworkTest, ASandboxWhoseNamespaceIsGoneStillReleasesItsAddress) {
  Attachments attachments = make();
  Sandbox sandbox{"gone", makeNamespace("gone"), "default", "gone", "u1", {{18081, 80, "TCP", ""}}};
  ASSERT_TRUE(attachments.connect(sandbox));
  ASSERT_EQ(umount2(sandbox.netns.c_str(), MNT_DETACH), 0);
  ASSERT_EQ(unlink(sandbox.netns.c_str()), 0);
  auto done = attachments.disconnect({.id = "gone"});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_NE(access((folder + "/allocations/cleat/10.99.7.2").c_str(), F_OK), 0);
  EXPECT_EQ(must({"/usr/sbin/iptables-save", "-t", "nat"}).find(":80"), std::string::npos);
}

TEST_F(RealNetworkTest, TheNodesRulesOfIpv6AreAppliedAndRemoved) {
  NodeRules rules{.iptables = "/usr/sbin/ip6tables",
                  .subnet = "fd00:99:7::/64",
                  .notMasqueraded = {"10.99.0.0/16", "fd00:99::/32"}};
  ASSERT_TRUE(applyNodeRules(rules));
  const std::string nat = must({"/usr/sbin/ip6tables-save", "-t", "nat"});
  EXPECT_NE(nat.find("-A CLEAT-POD-MASQ -d fd00:99::/32 -j RETURN"), std::string::npos) << nat;
  EXPECT_EQ(must({"/usr/sbin/iptables-save", "-t", "nat"}).find("CLEAT"), std::string::npos);
  ASSERT_TRUE(removeNodeRules(rules.iptables));
  EXPECT_EQ(must({"/usr/sbin/ip6tables", "-t", "nat", "-S"}).find("CLEAT"), std::string::npos);
}

TEST_F(RealNetworkTest, TheNodesRulesAreAppliedTwiceWithoutDoublingAndRemovedWithoutATrace) {
  NodeRules rules{.subnet = "10.99.7.0/24", .notMasqueraded = {"10.99.0.0/16"}};
  ASSERT_TRUE(applyNodeRules(rules));
  std::string nat = must({"/usr/sbin/iptables-save", "-t", "nat"});
  EXPECT_NE(nat.find("-A CLEAT-POD-MASQ -j MASQUERADE --random-fully"), std::string::npos) << nat;
  ASSERT_TRUE(applyNodeRules(rules));
  auto rulesOf = [&] {
    auto output = must({"/usr/sbin/iptables", "-t", "nat", "-S"}) + must({"/usr/sbin/iptables", "-S"});
    return output;
  };
  std::string twice = rulesOf();
  EXPECT_EQ(twice.find("-j CLEAT-POD-MASQ"), twice.rfind("-j CLEAT-POD-MASQ"));
  auto removed = removeNodeRules(rules.iptables);
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(rulesOf().find("CLEAT"), std::string::npos);
  ASSERT_TRUE(removeNodeRules(rules.iptables));
}

}  // namespace
}  // namespace cleat::network
