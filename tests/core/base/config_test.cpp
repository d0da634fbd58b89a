#include "core/base/config.h"

#include <gtest/gtest.h>

namespace cleat::base {
namespace {

TEST(Config, TheDocumentedFileIsTheDefaults) {
  Config config = defaultConfig();
  EXPECT_EQ(config.server.listen, "0.0.0.0:6443");
  EXPECT_EQ(config.server.serviceCidr, "10.96.0.0/16");
  EXPECT_EQ(config.agent.port, 10250);
  EXPECT_EQ(config.proxy.plugin(), "proxy-iptables");
  EXPECT_EQ(config.admission.chain.size(), 23u);
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
  EXPECT_TRUE(table.isolated);
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
      {"[server]\n\nlistenn = \"\"", "site.toml:3: server.listenn: no such setting"},
      {"[sever]\n", "site.toml:1: sever: no such section"},
      {"server = 3", "site.toml:1: server: must be a table, found an integer"},
      {"[server]\nservice_cidr = \"10.96.0.1/16\"",
       "site.toml:2: server.service_cidr: \"10.96.0.1/16\": has bits set behind its prefix of 16"},
      {"[server]\nservice_cidr = \"10.96.0.0\"",
       "site.toml:2: server.service_cidr: \"10.96.0.0\": must be a network, such as 10.96.0.0/16"},
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
      {"[plugins.a]\nisolation = \"vm\"", "site.toml:2: plugins.a.isolation: \"vm\": must be none or process"},
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
