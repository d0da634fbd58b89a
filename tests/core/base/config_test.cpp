#include "core/base/config.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cleat::base {
namespace {

TEST(Config, TheDocumentedFileIsTheDefaults) {
  Config config = defaultConfig();
  EXPECT_EQ(config.server.listen, "0.0.0.0:6443");
  EXPECT_EQ(config.server.serviceCidr, "10.96.0.0/16");
  EXPECT_EQ(config.agent.port, 10250);
  EXPECT_EQ(config.proxy.plugin(), "proxy-iptables");
  EXPECT_EQ(config.admission.chain.size(), 24u);
  EXPECT_EQ(config.admission.chain.front(), "admission-namespace-lifecycle");
  EXPECT_EQ(config.admission.chain.back(), "admission-resource-quota");
  EXPECT_TRUE(config.plugins.tables.empty());
}

TEST(Config, AFileReplacesOnlyWhatItSays) {
  auto config = parseConfig(R"(
[server]
listen = "[::1]:7443"
[admission]
chain = ["admission-always-pull-images"]
)",
                            "site.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server.listen, "[::1]:7443");
  EXPECT_EQ(config->server.serviceCidr, "10.96.0.0/16");
  EXPECT_EQ(config->admission.chain, std::vector<std::string>{"admission-always-pull-images"});
}

TEST(Config, AListMayKeepWhatIsBuiltIn) {
  auto config = parseConfig(R"(
[admission]
chain = ["site-first", "...", "admission-priority", "-admission-limit-ranger", "site-last"]
[controllers]
enabled = ["...", "site-controller"]
[roles]
price-list = ["site-prices"]
)",
                            "site.toml");
  ASSERT_TRUE(config) << config.error().message;
  const Config defaults = defaultConfig();
  const std::vector<std::string>& chain = config->admission.chain;
  EXPECT_EQ(chain.size(), defaults.admission.chain.size() + 1);
  EXPECT_EQ(chain.front(), "site-first");
  EXPECT_EQ(chain[1], defaults.admission.chain.front());
  EXPECT_EQ(chain[chain.size() - 2], "admission-priority");
  EXPECT_EQ(chain.back(), "site-last");
  EXPECT_EQ(std::ranges::count(chain, "admission-priority"), 1);
  EXPECT_EQ(std::ranges::count(chain, "admission-limit-ranger"), 0);
  EXPECT_EQ(config->controllers.enabled.size(), defaults.controllers.enabled.size() + 1);
  EXPECT_EQ(config->roles.at("price-list"), std::vector<std::string>{"site-prices"});
  EXPECT_EQ(config->placeOf("admission.chain", "site-last"), "site.toml:3: ");
}

TEST(Config, AnAdmissionPluginIsAskedAsTheFileSays) {
  auto config = parseConfig(R"toml(
[admission.site-policy]
failure_policy = "ignore"
mode = "audit"
timeout = "2s"
[admission.site-policy.match]
resources = ["pods", "ingresses.networking.k8s.io/status"]
operations = ["CREATE", "UPDATE"]
namespace_selector = "team in (a, b)"
object_selector = "!legacy"
)toml",
                            "site.toml");
  ASSERT_TRUE(config) << config.error().message;
  const AdmissionEntry& entry = config->admission.entries.at("site-policy");
  EXPECT_TRUE(entry.failsOpen);
  EXPECT_TRUE(entry.audits);
  EXPECT_EQ(entry.timeout, std::chrono::seconds(2));
  EXPECT_EQ(entry.resources.size(), 2u);
  EXPECT_EQ(entry.operations, (std::vector<std::string>{"CREATE", "UPDATE"}));
  EXPECT_EQ(entry.namespaceSelector, "team in (a, b)");
  EXPECT_EQ(entry.objectSelector, "!legacy");
}

TEST(Config, WebhooksHaveTheTimeOfARequest) {
  auto config = parseConfig("[admission.admission-mutating-webhook]\nmode = \"audit\"\n", "site.toml");
  ASSERT_TRUE(config) << config.error().message;
  for (const char* name : {"admission-mutating-webhook", "admission-validating-webhook"}) {
    EXPECT_EQ(config->admission.entries.at(name).timeout, config->server.requestTimeout) << name;
  }
  EXPECT_TRUE(config->admission.entries.at("admission-mutating-webhook").audits);
}

TEST(Config, AuthenticatorsAndAuthorizersAreAskedAsTheFileSays) {
  auto config = parseConfig(R"toml(
[authn.site-login]
timeout = "2s"
[authn.site-gate]
failure_policy = "fail"
[authz.site-rules]
timeout = "500ms"
[authz.site-hints]
failure_policy = "ignore"
)toml",
                            "site.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->authn.entries.at("site-login").isPassedOver);
  EXPECT_EQ(config->authn.entries.at("site-login").timeout, std::chrono::seconds(2));
  EXPECT_FALSE(config->authn.entries.at("site-gate").isPassedOver);
  EXPECT_FALSE(config->authz.entries.at("site-rules").isPassedOver);
  EXPECT_EQ(config->authz.entries.at("site-rules").timeout, std::chrono::milliseconds(500));
  EXPECT_TRUE(config->authz.entries.at("site-hints").isPassedOver);
  auto wrong = parseConfig("[authz.site-rules]\nmode = \"audit\"\n", "site.toml");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("site.toml:2: authz.site-rules.mode: no such setting"), std::string::npos)
      << wrong.error().message;
}

TEST(Config, RolesOfANodeAreFilledThere) {
  auto config = parseConfig("[node_roles]\nvolume = [\"site-disks\"]\n", "site.toml");
  ASSERT_TRUE(config) << config.error().message;
  auto of = [](const std::vector<PluginList>& lists) {
    const auto found = std::ranges::find(lists, "node_roles.volume", &PluginList::key);
    return found == lists.end() ? std::vector<std::string>{"no such list"} : found->names;
  };
  EXPECT_EQ(of(config->nodeLists()), std::vector<std::string>{"site-disks"});
  EXPECT_EQ(of(config->serverLists()), std::vector<std::string>{"no such list"});
}

TEST(Config, AListOfTablesReachesThePluginAsJson) {
  auto config = parseConfig("[[plugins.a.servers]]\nurl = \"https://x\"\nweight = 3\n[[plugins.a.servers]]\n", "s");
  ASSERT_TRUE(config) << config.error().message;
  const PluginSetting& setting = config->plugins.tables.at("a").settings.front();
  EXPECT_EQ(setting.type, PluginSetting::Type::tables);
  ASSERT_EQ(setting.values.size(), 2u);
  EXPECT_NE(setting.values[0].find("\"url\""), std::string::npos) << setting.values[0];
}

TEST(Config, TheServersLimitsAreNumbersAndTimesWithinReason) {
  Config defaults = defaultConfig();
  EXPECT_EQ(defaults.server.handshakeTimeout, std::chrono::seconds(10));
  EXPECT_GT(defaults.server.maxConnections, 2 * defaults.server.strangerConnections);
  auto config =
      parseConfig("[server]\nhead_timeout = \"500ms\"\nidle_timeout = \"5m\"\nmin_bytes_per_second = 0\n", "s");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server.headTimeout, std::chrono::milliseconds(500));
  EXPECT_EQ(config->server.idleTimeout, std::chrono::minutes(5));
  EXPECT_EQ(config->server.minBytesPerSecond, 0);
  for (const char* wrong :
       {"head_timeout = \"0s\"", "head_timeout = \"5\"", "head_timeout = \"25h\"", "head_timeout = \"-1s\"",
        "head_timeout = \"9999999999999999999s\"", "stranger_requests = 0", "max_connections = 1",
        "handshake_percent = 101", "max_requests = \"many\"", "max_requests = 1.5"}) {
    EXPECT_FALSE(parseConfig(std::string("[server]\n") + wrong, "s")) << wrong;
  }
  auto wrong = parseConfig("[server]\nstall_timeout = \"soon\"\n", "site.toml");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message,
            "site.toml:2: server.stall_timeout: \"soon\": must be a time from 100ms to 24h, such as 500ms, 10s or 5m");
}

TEST(Config, PluginTablesKeepTheirSettingsForTheHostToCheck) {
  auto config = parseConfig(R"(
[plugins]
dir = "/opt/cleat"
[plugins.scheduler-packing]
path = "/opt/vendor/packing.so"
isolation = "process"
weight = 10
names = ["a", "b"]
strict = true
)",
                            "site.toml");
  ASSERT_TRUE(config) << config.error().message;
  const PluginTable& table = config->plugins.tables.at("scheduler-packing");
  EXPECT_EQ(table.isolation, Isolation::process);
  ASSERT_EQ(table.settings.size(), 3u);
  EXPECT_EQ(config->pluginFile("scheduler-packing", "/lib"), "/opt/vendor/packing.so");
  EXPECT_EQ(config->pluginFile("authz-rbac", "/lib"), "/opt/cleat/authz-rbac.so");
  for (const auto& setting : table.settings) {
    if (setting.key == "weight") {
      EXPECT_EQ(setting.text, "10");
      EXPECT_EQ(setting.where, "site.toml:7");
    }
    if (setting.key == "names") {
      EXPECT_EQ(setting.values, (std::vector<std::string>{"a", "b"}));
    }
  }
}

struct BadFile {
  const char* text;
  const char* error;
};

TEST(Config, EveryMistakeNamesTheFileTheLineAndTheKey) {
  const BadFile cases[] = {
      {"[server]\nlisten = 6443", "site.toml:2: server.listen: must be a string, found an integer"},
      {"[server]\nlisten = \"6443\"",
       "site.toml:2: server.listen: \"6443\": must be ADDRESS:PORT, such as 0.0.0.0:6443"},
      {"[server]\nlisten = \"0.0.0.0:70000\"",
       "site.toml:2: server.listen: \"0.0.0.0:70000\": the port must be a number between 1 and 65535"},
      {"[server]\n\nlistenn = \"\"", "site.toml:3: server.listenn: no such setting; did you mean \"listen\"?"},
      {"[sever]\n", "site.toml:1: sever: no such section; did you mean \"server\"?"},
      {"[stor]\n", "site.toml:1: stor: no such section; did you mean \"store\"?"},
      {"[audti]\n", "site.toml:1: audti: no such section; did you mean \"audit\"?"},
      {"server = 3", "site.toml:1: server: must be a table, found an integer"},
      {"[server]\nservice_cidr = \"10.96.0.1/16\"",
       "site.toml:2: server.service_cidr: \"10.96.0.1/16\": has bits set behind its prefix of 16"},
      {"[server]\nservice_cidr = \"10.96.0.0/16,10.97.0.0/16\"",
       "site.toml:2: server.service_cidr: \"10.96.0.0/16,10.97.0.0/16\": two networks must be one of each family"},
      {"[server]\nservice_cidr = \"10.96.0.0\"",
       "site.toml:2: server.service_cidr: \"10.96.0.0\": must be a network, such as 10.96.0.0/16"},
      {"[server]\ncluster_cidr = \"10.244.0.0/16,10.96.0.0/16\"",
       "site.toml:2: server.cluster_cidr: \"10.244.0.0/16,10.96.0.0/16\": two networks must be one of each family"},
      {"[server]\nnode_port_range = \"3-2\"",
       "site.toml:2: server.node_port_range: \"3-2\": the first port is above the last"},
      {"[log]\nlevel = \"loud\"", "site.toml:2: log.level: \"loud\": must be debug, info, warn or error"},
      {"[authn]\nchain = \"x\"", "site.toml:2: authn.chain: must be a list of plugin names, found a string"},
      {"[authn]\nchain = [\"a\", 1]", "site.toml:2: authn.chain: must be a string, found an integer"},
      {"[authn]\nchain = [\"a\",\n\"a\"]", "site.toml:3: authn.chain: \"a\": named twice"},
      {"[authn]\nchain = [\"../evil\"]",
       "site.toml:2: authn.chain: \"../evil\": must be lower-case letters, digits and '-', at most 63"},
      {"[authn]\nanonymous_paths = [\"healthz\"]",
       "site.toml:2: authn.anonymous_paths: \"healthz\": must be a path, such as /healthz"},
      {"[authn]\nanonymous = \"no\"", "site.toml:2: authn.anonymous: must be true or false, found a string"},
      {"[agent]\nport = 0", "site.toml:2: agent.port: 0: must be between 1 and 65535"},
      {"[plugins.a]\nisolation = \"vm\"",
       "site.toml:2: plugins.a.isolation: \"vm\": must be none, process or unconfined"},
      {"[admission]\nchain = [\"...\", \"-admission-priorty\"]",
       "site.toml:2: admission.chain: \"-admission-priorty\": takes nothing away: \"admission-priorty\" is not in the list "
       "that \"...\" stands for; did you mean \"admission-priority\"?"},
      {"[admission.a]\nmode = \"watch\"", "site.toml:2: admission.a.mode: \"watch\": must be enforce or audit"},
      {"[admission.a]\nfailure_polcy = \"ignore\"",
       "site.toml:2: admission.a.failure_polcy: no such setting; did you mean \"failure_policy\"?"},
      {"[admission.a.match]\noperations = [\"create\"]",
       "site.toml:2: admission.a.match.operations: \"create\": must be CREATE, UPDATE, DELETE or CONNECT"},
      {"[roles]\n\"price list\" = []",
       "site.toml:2: roles: \"price list\": must be lower-case letters, digits and '-', at most 63"},
      {"[plugins.a]\nx = 1.5",
       "site.toml:2: plugins.a.x: must be a string, an integer, a boolean or a list of strings, found a float"},
      {"[plugins.\"a b\"]",
       "site.toml:1: plugins.a b: \"a b\": must be lower-case letters, digits and '-', at most 63"},
  };
  for (const auto& bad : cases) {
    auto config = parseConfig(bad.text, "site.toml");
    ASSERT_FALSE(config) << bad.text;
    EXPECT_EQ(config.error().message, bad.error);
  }
}

TEST(Config, BrokenTomlNamesTheLine) {
  auto config = parseConfig("[server]\nlisten = \n", "site.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message.substr(0, 12), "site.toml:2:") << config.error().message;
}

TEST(Config, AMissingFileIsNamed) {
  auto config = loadConfig("/nonexistent/cleat.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message, "/nonexistent/cleat.toml: No such file or directory");
}

}  // namespace
}  // namespace cleat::base
