// A plugin as the host meets it: the exported function, the manifest, starting and failing to start.
#include <cleat/sdk/testkit.h>
#include <gtest/gtest.h>

#include <cstring>

namespace cleat {
namespace {

using namespace std::chrono_literals;
using test::FakeHost;

class Example : public Plugin {
 public:
  explicit Example(Context& context) : Plugin(context) {
    if (config().string("fail") == "constructor") throw std::runtime_error("cannot be made");
  }
  Task<Result<void>> start() override {
    std::string how = config().string("fail");
    if (how == "error") co_return fail(Status::internal("cannot start"));
    if (how == "throw") throw std::runtime_error("cannot go on");
    if (how == "late") co_await context().sleep(5s);
    log().info("started ", config().name(), " ", config().integer("count"), " ", config().boolean("on"), " ",
               formatDuration(config().duration("every")), " ", config().list("names").size());
    co_return {};
  }
};

constexpr const char* kSchema =
    "fail string \"\" # how it fails\n"
    "count int 3 # a number\n"
    "on bool true\n"
    "\n"
    "every duration 1m30s # between two\n"
    "names list a,b # of them\n";

}  // namespace
}  // namespace cleat

CLEAT_PLUGIN(cleat::Example, .name = "example", .version = "1.2.3", .maturity = "beta", .roles = "controller network",
             .grants = "- pods get,list\n", .configSchema = cleat::kSchema);

namespace cleat {
namespace {

TEST(Plugin, ExportsItsManifest) {
  const cleat_plugin* plugin = cleat_plugin_v1();
  ASSERT_EQ(plugin->struct_size, sizeof(cleat_plugin));
  const cleat_manifest& manifest = *plugin->manifest;
  EXPECT_EQ(std::memcmp(manifest.magic, CLEAT_MANIFEST_MAGIC, 8), 0);
  EXPECT_EQ(manifest.struct_size, sizeof(cleat_manifest));
  EXPECT_EQ(manifest.abi_major, CLEAT_ABI_MAJOR);
  EXPECT_EQ(manifest.abi_minor, CLEAT_ABI_MINOR);
  EXPECT_STREQ(manifest.name, "example");
  EXPECT_STREQ(manifest.version, "1.2.3");
  EXPECT_STREQ(manifest.maturity, "beta");
  EXPECT_STREQ(manifest.roles, "controller network");
  EXPECT_STREQ(manifest.grants, "- pods get,list\n");
}

TEST(Plugin, IsReadyWhenItsStartEnds) {
  FakeHost host;
  auto plugin = host.start(cleat_plugin_v1(), {{"fail", "late"}});
  EXPECT_TRUE(plugin.running());
  EXPECT_FALSE(plugin.ready());
  host.advance(5s);
  EXPECT_TRUE(plugin.ready());
}

TEST(Plugin, SettingsHaveTheDefaultsOfTheManifest) {
  FakeHost host;
  auto plugin = host.start(cleat_plugin_v1());
  ASSERT_TRUE(plugin.ready());
  EXPECT_EQ(host.logLines().back(), "INFO started example 3 true 1m30s 2");
  auto other = host.start(cleat_plugin_v1(), {{"count", "7"}, {"on", "false"}, {"every", "5s"}, {"names", "x"}});
  EXPECT_EQ(host.logLines().back(), "INFO started example 7 false 5s 1");
}

TEST(Plugin, SaysWhyItCannotStart) {
  FakeHost host;
  auto error = host.start(cleat_plugin_v1(), {{"fail", "error"}});
  EXPECT_FALSE(error.ready());
  EXPECT_EQ(error.readyError(), "cannot start");
  auto thrown = host.start(cleat_plugin_v1(), {{"fail", "throw"}});
  EXPECT_EQ(thrown.readyError(), "cannot go on");
  auto constructor = host.start(cleat_plugin_v1(), {{"fail", "constructor"}});
  EXPECT_FALSE(constructor.running());
  EXPECT_EQ(constructor.readyError(), "ERROR cannot start: cannot be made");
  auto setting = host.start(cleat_plugin_v1(), {{"count", "many"}});
  EXPECT_EQ(setting.readyError(), "setting \"count\": \"many\" is not an integer");
  EXPECT_THROW(host.start(cleat_plugin_v1(), {{"cuont", "7"}}), std::invalid_argument)
      << "the manifest has no such one";
}

}  // namespace
}  // namespace cleat
