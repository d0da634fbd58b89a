// What can be said of the rules without loading them; packets_test.cpp sends packets through them.
#include "plugins/proxy-iptables/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace cleat::proxy {
namespace {

using testing::HasSubstr;
using testing::Not;

ServicePort web() {
  ServicePort service;
  service.ns = "default";
  service.name = "web";
  service.portName = "http";
  service.protocol = "tcp";
  service.port = 80;
  service.clusterIp = "10.96.0.10";
  service.endpoints = {{"10.244.0.2", 8080, true}, {"10.244.1.2", 8080, false}};
  service.localEndpoints = {{"10.244.0.2", 8080, true}};
  return service;
}

// The chains that rules stand in or lead to must be declared, or the whole input is refused.
void expectComplete(const std::vector<ServicePort>& services) {
  const std::string rules = makeRules(services, {.clusterCidr = "10.244.0.0/16", .nodeAddress = "192.0.2.1"}, {});
  std::set<std::string> declared, used;
  for (size_t begin = 0; begin < rules.size();) {
    const size_t end = rules.find('\n', begin);
    std::string line = rules.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with(":")) declared.insert(line.substr(1, line.find(' ') - 1));
    if (!line.starts_with("-A ")) continue;
    used.insert(line.substr(3, line.find(' ', 3) - 3));
    const size_t jump = line.rfind(" -j KUBE-");
    if (jump != std::string::npos) used.insert(line.substr(jump + 4));
  }
  for (const std::string& chain : used) EXPECT_TRUE(declared.contains(chain)) << chain << " in:\n" << rules;
  for (const std::string& chain : serviceChains(services))
    EXPECT_TRUE(used.contains(chain)) << chain << " is for nothing";
}

TEST(RulesTest, EveryChainIsDeclaredAndUsedWhateverAServiceIsLike) {
  for (int bits = 0; bits < 128; ++bits) {
    SCOPED_TRACE(bits);
    ServicePort service = web();
    if (bits & 1) service.nodePort = 30080;
    if (bits & 2) service.loadBalancerIps = {"198.51.100.1"};
    if (bits & 4) service.sourceRanges = {"192.0.2.0/24"};
    if (bits & 8) service.externalLocal = service.external();
    if (bits & 16) service.internalLocal = true;
    if (bits & 32) service.localEndpoints.clear();
    if (bits & 64) service.affinitySeconds = 60;
    expectComplete({service});
  }
  ServicePort empty = web();
  empty.endpoints.clear();
  empty.localEndpoints.clear();
  expectComplete({empty});
}

TEST(RulesTest, ChainsAreNamedAsTheOriginalNamesThem) {
  // Base 32 of the SHA-256 of "default/kubernetes:https" + "tcp", as on every cluster with kube-proxy.
  ServicePort service = web();
  service.name = "kubernetes";
  service.portName = "https";
  EXPECT_EQ(serviceChains({service}).front(), "KUBE-SVC-NPX46M4PTMTKRN6Y");
}

TEST(RulesTest, NoChainsNameIsLongerThanNetfilterTakes) {
  ServicePort service = web();
  service.ns = std::string(63, 'n');
  service.name = std::string(63, 's');
  service.nodePort = 30080;
  service.loadBalancerIps = {"198.51.100.1"};
  service.sourceRanges = {"0.0.0.0/0"};
  service.externalLocal = true;
  for (const std::string& chain : serviceChains({service})) EXPECT_LE(chain.size(), 28u) << chain;
}

TEST(RulesTest, RulesSayWhomTheyAreForUntilThereAreTooMany) {
  std::vector<ServicePort> services = {web()};
  EXPECT_THAT(makeRules(services, {}, {}), HasSubstr("--comment \"default/web:http cluster IP\""));
  for (int i = 0; i < 1000; ++i) services[0].endpoints.push_back({"10.244.2.2", 10000 + i, false});
  EXPECT_THAT(makeRules(services, {}, {}), Not(HasSubstr("--comment")));
}

TEST(RulesTest, AnExternalIpTakesNoClusterIpOver) {
  ServicePort thief = web();
  thief.ns = "a";
  thief.clusterIp = "10.96.0.66";
  thief.externalIps = {"10.96.0.10"};
  const std::string rules = makeRules({thief, web()}, {}, {});
  EXPECT_LT(rules.find("default/web:http cluster IP"), rules.find("a/web:http external IP"));
}

}  // namespace
}  // namespace cleat::proxy
