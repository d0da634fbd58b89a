#include "core/app/commands.h"
#include "core/app/move_store.h"

#include <cleat/sdk/kubernetes_version.h>
#include <cleat/sdk/text.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>

#include "core/app/check/check_command.h"
#include "core/app/database_command.h"
#include "core/app/dev/dev_command.h"
#include "core/app/dev/enclosure.h"
#include "core/app/envtest/envtest_commands.h"
#include "core/app/move_store.h"
#include "core/app/operator_commands.h"
#include "core/app/plugin_template.h"
#include "core/app/run_roles.h"
#include "core/host/isolation/isolated.h"

namespace cleat::app {
namespace {

constexpr const char* kDataDir = "/var/lib/cleat";
constexpr const char* kWhoseFolder =
    "DIR is the server's, or that of a node: the one of `cleat agent`, DIR/agent of `cleat up`.";

struct Arguments {
  RoleOptions role;
  AttachOptions attach;
  DevOptions dev;
  EnclosureOptions enclosure;
  std::string file, name, output, ttl = "24h", advance = "0s";
  PluginRequest change;
  CheckOptions check;
  std::string pluginRole = "controller";
  bool inFile = false, plainC = false;
  host::IsolatedArguments isolated;
  std::function<int()> run;
};

void addDataDir(CLI::App& command, Arguments& arguments) {
  command.add_option("--data-dir", arguments.role.dataDir, "Folder of the state, keys and certificates")
      ->capture_default_str();
}

void addSafeMode(CLI::App& command, Arguments& arguments) {
  command.add_flag("--safe-mode", arguments.role.safeMode,
                   "Runs plugins that were installed with the program and no others");
}

void addRoleCommands(CLI::App& app, Arguments& a) {
  CLI::App* server = app.add_subcommand("server",
                                        "Runs the control plane: the API server, controllers and schedulers.\n"
                                        "Writes DIR/admin.kubeconfig and DIR/node-token.");
  addDataDir(*server, a);
  server->add_option("--listen", a.role.listen, "ADDRESS:PORT to serve the API at (default: 0.0.0.0:6443)");
  server->add_option("--config", a.role.configFile, "Configuration file (see etc/cleat.toml)");
  addSafeMode(*server, a);
  server->add_flag("--manual-clock", a.role.manualClock,
                   "For tests: the cluster's time stands still but for `cleat clock --advance`");
  server->add_flag("--ends-with-parent", a.role.endsWithParent)->group("");  // of `cleat plugin dev`
  server->callback([&a] { a.run = [&a] { return runServer(a.role); }; });

  CLI::App* agent = app.add_subcommand("agent",
                                       "Runs this machine as a node of a cluster. Needs root.\n"
                                       "One node to a machine; what it runs goes on when it stops.");
  addDataDir(*agent, a);
  agent->add_option("--server", a.role.serverUrl, "https://HOST:PORT of the server")->required();
  agent->add_option("--token", a.role.token, "Join token, needed the first time: DIR/node-token on the server");
  agent->add_option("--node-name", a.role.nodeName, "The node's name (default: the host name)");
  agent->add_option("--config", a.role.configFile, "Configuration file (see etc/cleat.toml)");
  addSafeMode(*agent, a);
  agent->callback([&a] { a.run = [&a] { return runAgent(a.role); }; });

  CLI::App* up = app.add_subcommand("up",
                                    "Runs both a server and an agent on this machine. Needs root.\n"
                                    "One node to a machine; what it runs goes on when it stops.");
  addDataDir(*up, a);
  up->add_option("--listen", a.role.listen, "ADDRESS:PORT to serve the API at (default: 0.0.0.0:6443)");
  up->add_option("--node-name", a.role.nodeName, "The node's name (default: the host name)");
  up->add_option("--config", a.role.configFile, "Configuration file (see etc/cleat.toml)");
  addSafeMode(*up, a);
  up->callback([&a] { a.run = [&a] { return runUp(a.role); }; });
}

void addClockCommand(CLI::App& app, Arguments& a) {
  CLI::App* clock = app.add_subcommand("clock",
                                       "Shows the time of a server that was started with --manual-clock, or moves it:\n"
                                       "everything that is due is done, in its order, before this returns.");
  addDataDir(*clock, a);
  clock->add_option("--advance", a.advance, "By how much, such as 90s or 1h")->capture_default_str();
  clock->callback([&a] { a.run = [&a] { return moveClockCommand(a.role.dataDir, a.advance); }; });
}

void addChange(CLI::App& command, Arguments& a) {
  command.add_flag("--grant", a.change.grant, "Allow what a new version asks for beyond what the old one had");
  command.add_flag("--save", a.change.save, "Keep it for the next start, in DIR/plugins.toml");
}

// Commands that are one change of a server that runs.
void addLifeCycle(CLI::App& plugin, Arguments& a) {
  struct {
    const char *name, *help;
    HostMethod method;
    bool file;
  } changes[] = {{"load", "Loads a plugin into a server or a node that runs, into all roles of its manifest.",
                  HostMethod::loadPlugin, true},
                 {"enable", "Loads a plugin of the plugin folder, or one that the configuration has a table of.",
                  HostMethod::loadPlugin, false},
                 {"unload", "Takes a plugin out of a server or a node that runs.", HostMethod::unloadPlugin, false},
                 {"disable", "The same.", HostMethod::unloadPlugin, false}};
  for (const auto& change : changes) {
    CLI::App* command = plugin.add_subcommand(change.name, change.help);
    addDataDir(*command, a);
    command->add_option("NAME", a.change.name, "The plugin's name")->required();
    if (change.file) command->add_option("FILE", a.change.file, "Its .so (default: NAME.so in the plugin folder)");
    addChange(*command, a);
    command->footer(kWhoseFolder);
    command->callback([&a, method = change.method] {
      a.run = [&a, method] { return changePluginCommand(a.role.dataDir, method, a.change); };
    });
  }
  CLI::App* info = plugin.add_subcommand("info", "Shows everything about a plugin that runs.");
  addDataDir(*info, a);
  info->add_option("NAME", a.change.name, "The plugin's name")->required();
  info->callback([&a] { a.run = [&a] { return pluginInfoCommand(a.role.dataDir, a.change.name); }; });
}

void addCheck(CLI::App& plugin, Arguments& a) {
  CLI::App* check =
      plugin.add_subcommand("check",
                            "Says whether plugins can be loaded, and keep what their roles promise: runs each in a\n"
                            "process of its own before a cluster of its own, and asks it all that its roles are asked\n"
                            "(docs/sdk/testing.md). The exit code is 0 when everything is kept, else 1.");
  CheckOptions& o = a.check;
  check->add_option("FILE", o.files, "The plugin's .so; several are checked at once")->required();
  check->add_option("--config", o.configFile, "Configuration file: [plugins.NAME], [kinds] and [server] count");
  check->add_option("--toml", o.settings, "Settings of the plugin, as lines of its table: 'limit = 3'");
  check->add_option("--objects", o.objectsFile, "YAML documents: what is in the cluster beside a little of everything");
  check->add_flag("--without-running", o.withoutRunning, "Looks at the files alone");
  check->add_flag("--brief", o.briefly, "One line for a plugin where nothing fails");
  check->add_option("--jobs", o.jobs, "How many at once (default: one a processor)");
  check->add_option("--calls", o.calls, "How many calls look for leaks")->capture_default_str();
  check->callback([&a] { a.run = [&a] { return checkPluginsCommand(a.check); }; });
}

void addSignatures(CLI::App& plugin, Arguments& a) {
  CLI::App* sign = plugin.add_subcommand("sign", "Signs a plugin's file, in FILE.sig.");
  sign->add_option("FILE", a.change.file, "The plugin's .so")->required();
  sign->add_option("--key", a.name, "An Ed25519 key in PEM (openssl genpkey -algorithm ed25519)")->required();
  sign->callback([&a] { a.run = [&a] { return signPluginCommand(a.change.file, a.name); }; });
  CLI::App* verify = plugin.add_subcommand("verify", "Says whether FILE.sig is the key's signature of the file.");
  verify->add_option("FILE", a.change.file, "The plugin's .so")->required();
  verify->add_option("--key", a.name, "The public key in PEM (openssl pkey -pubout)")->required();
  verify->callback([&a] { a.run = [&a] { return verifyPluginCommand(a.change.file, a.name); }; });
}

void addReload(CLI::App& app, Arguments& a) {
  CLI::App* reload = app.add_subcommand("reload",
                                        "Has a server or a node read its configuration again, as SIGHUP does.\n"
                                        "Of `cleat up` both change, or neither.");
  addDataDir(*reload, a);
  reload->add_flag("--grant", a.change.grant, "Allow what new versions ask for beyond what the old ones had");
  reload->callback(
      [&a] { a.run = [&a] { return changePluginCommand(a.role.dataDir, HostMethod::reload, a.change); }; });
}

void addAttachCommand(CLI::App& app, Arguments& a) {
  CLI::App* attach =
      app.add_subcommand("attach",
                         "Runs controllers and schedulers for an API server elsewhere, Cleat's or kube-apiserver.\n"
                         "Of several processes that attach the same plugin one lets it act (docs/attach.md).");
  AttachOptions& o = a.attach;
  attach->add_option("--kubeconfig", o.kubeconfig, "The server, and the user that the plugins act as")->required();
  attach->add_option("--context", o.context, "The kubeconfig's context (default: its current one)");
  attach->add_option("--plugin", o.plugins, "A plugin's name, or its .so; may be given again")->required();
  attach->add_option("--config", o.configFile, "Configuration file: [plugins.NAME] and [log] count");
  attach->add_option("--data-dir", o.dataDir, "Folder for what plugins keep (default: one that goes with the process)");
  attach->add_option("--listen", o.listen, "ADDRESS:PORT of /healthz, /livez, /readyz and /metrics; off: nowhere")
      ->capture_default_str();
  attach->add_flag("--leader-elect", o.elects, "Whether a Lease says who acts (--leader-elect=false: no)")
      ->capture_default_str();
  attach->add_option("--leader-elect-resource-namespace", o.leaseNamespace, "Where the Leases are")
      ->capture_default_str();
  attach->add_option("--leader-elect-resource-name", o.leaseNames,
                     "PLUGIN=NAME: a plugin's Lease (default: cleat-PLUGIN); may be given again");
  attach->add_option("--leader-elect-lease-duration", o.leaseDuration, "How long others wait for one that is silent")
      ->capture_default_str();
  attach->add_option("--leader-elect-renew-deadline", o.renewDeadline, "How long one acts that cannot renew its Lease")
      ->capture_default_str();
  attach->add_option("--leader-elect-retry-period", o.retryPeriod, "How often a Lease is renewed, or tried")
      ->capture_default_str();
  attach->callback([&a] { a.run = [&a] { return runAttach(a.attach); }; });
}

void addDevCommand(CLI::App& plugin, Arguments& a) {
  CLI::App* dev = plugin.add_subcommand(
      "dev",
      "Builds the plugin in DIR and runs it, isolated, in a server of its own; whenever a source changes\n"
      "it is built again and replaced while the server runs. What does not compile is shown, and what ran\n"
      "before goes on. Ctrl-C ends it all and leaves nothing behind.\n"
      "One that works on a node (runtime, network, proxy, volume, device-driver) runs in a cluster of one\n"
      "node of its own, which needs root: in namespaces that keep the machine's network and mounts from it.");
  DevOptions& o = a.dev;
  dev->add_option("DIR", o.folder, "The plugin's folder, with its CMakeLists.txt")->capture_default_str();
  dev->add_option("--plugin", o.target, "Which one, where the folder has several (default: the first)");
  dev->add_option("--config", o.configFile,
                  "Configuration of the cluster (default: DIR/cleat.toml, if there is one; otherwise the plugin is\n"
                  "loaded into all of its roles, with its default settings)");
  dev->add_option("--listen", o.listen, "ADDRESS:PORT to serve the API at (default: a free port on loopback)");
  dev->add_option("--sdk", o.sdk, "Folder that the SDK is installed in (default: that of this program)");
  dev->add_option("-D", o.definitions, "VARIABLE=VALUE for CMake; may be given again")->allow_extra_args(false);
  dev->footer(
      "Example: cleat plugin new hello && cleat plugin dev hello, and in another terminal what it says behind\n"
      "`export KUBECONFIG=`, then kubectl as ever. A change of cleat.toml is taken in too, without building.");
  dev->callback([&a] { a.run = [&a] { return runDev(a.dev); }; });
}

void addPluginCommands(CLI::App& app, Arguments& a) {
  CLI::App* plugin = app.add_subcommand("plugin", "Shows, replaces and begins plugins.");
  plugin->require_subcommand(1);
  CLI::App* list = plugin->add_subcommand("list", "Lists the plugins that run, and how they are.");
  addDataDir(*list, a);
  list->add_option("-o,--output", a.output, "json: everything there is to know")->check(CLI::IsMember({"json"}));
  list->callback([&a] { a.run = [&a] { return listPluginsCommand(a.role.dataDir, a.output == "json"); }; });
  CLI::App* show = plugin->add_subcommand("show", "Shows what a plugin's file says of itself, without running it.");
  show->add_option("FILE", a.file, "The plugin's .so")->required();
  show->callback([&a] { a.run = [&a] { return showPluginCommand(a.file); }; });
  CLI::App* swap = plugin->add_subcommand("swap", "Replaces a running plugin, without losing a request.");
  addDataDir(*swap, a);
  swap->add_option("NAME", a.change.name, "The plugin's name")->required();
  swap->add_option("FILE", a.change.file, "The .so to run from now on")->required();
  addChange(*swap, a);
  swap->footer(kWhoseFolder);
  swap->callback(
      [&a] { a.run = [&a] { return changePluginCommand(a.role.dataDir, HostMethod::swapPlugin, a.change); }; });
  addLifeCycle(*plugin, a);
  addCheck(*plugin, a);
  addSignatures(*plugin, a);
  addDevCommand(*plugin, a);
  CLI::App* fresh = plugin->add_subcommand(
      "new", "Writes a plugin to begin with: code that does something, its test, its build file.");
  fresh->add_option("NAME", a.name, "The plugin's name, such as scheduler-fancy")->required();
  fresh->add_option("FOLDER", a.file, "Where to (default: a folder with the plugin's name)");
  fresh->add_option("--role", a.pluginRole, "What it is to be (default: controller)")
      ->check(CLI::IsMember(templateRoles()));
  fresh->add_flag("--c", a.plainC, "In plain C, against the binary contract alone");
  fresh->callback([&a] {
    const PluginLanguage language = a.plainC ? PluginLanguage::plainC : PluginLanguage::cpp;
    a.run = [&a, language] { return newPluginCommand(a.pluginRole, language, a.name, a.file); };
  });
}

void addImageCommands(CLI::App& app, Arguments& a) {
  CLI::App* image = app.add_subcommand("image", "Looks after the images on this node.");
  image->require_subcommand(1);
  CLI::App* import =
      image->add_subcommand("import", "Takes images from an OCI or Docker archive; no registry is needed.");
  addDataDir(*import, a);
  import->add_option("FILE", a.file, "The archive, or an OCI layout folder")->required();
  import->add_option("--name", a.name, "The image's name (default: as the archive says)");
  import->callback([&a] { a.run = [&a] { return importImageCommand(a.role.dataDir, a.file, a.name); }; });
  CLI::App* list = image->add_subcommand("list", "Lists the images on this node.");
  addDataDir(*list, a);
  list->callback([&a] { a.run = [&a] { return listImagesCommand(a.role.dataDir); }; });
}

void addServerFileCommands(CLI::App& app, Arguments& a) {
  CLI::App* token = app.add_subcommand("token", "Makes tokens for nodes to join with.");
  token->require_subcommand(1);
  CLI::App* create = token->add_subcommand("create", "Prints a new join token, good from now on.");
  addDataDir(*create, a);
  create->add_option("--ttl", a.ttl, "How long it is good; 0s: without an end")->capture_default_str();
  create->add_flag("--in-file", a.inFile,
                   "Without an end, in the file that authn-token reads; the server need not run");
  create->callback([&a] { a.run = [&a] { return createTokenCommand(a.role.dataDir, a.ttl, a.inFile); }; });
  CLI::App* database = app.add_subcommand("db", "Looks into what a server has stored.");
  database->require_subcommand(1);
  CLI::App* status =
      database->add_subcommand("status", "Tells which resources are stored in which form, with which keys.");
  addDataDir(*status, a);
  status->callback([&a] { a.run = [&a] { return databaseStatusCommand(a.role.dataDir); }; });
  CLI::App* move =
      database->add_subcommand("move", "Moves what a server that does not run has stored to another engine.");
  addDataDir(*move, a);
  move->add_option("--config", a.role.configFile, "Settings in TOML, of the plugins that are engines")
      ->check(CLI::ExistingFile);
  move->add_option("--to", a.file, "\"sqlite\", or a plugin with the role store-engine")->required();
  move->callback([&a] { a.run = [&a] { return moveStoreCommand(a.role.dataDir, a.role.configFile, a.file); }; });
  CLI::App* kubeconfig = app.add_subcommand("kubeconfig", "Prints the administrator's kubeconfig.");
  addDataDir(*kubeconfig, a);
  kubeconfig->callback([&a] { a.run = [&a] { return printKubeconfigCommand(a.role.dataDir); }; });
}

void addEnvtestCommands(CLI::App& app, Arguments& a) {
  CLI::App* envtest =
      app.add_subcommand("envtest",
                         "Writes kube-apiserver, etcd and kubectl into a folder for KUBEBUILDER_ASSETS, so that\n"
                         "the tests of operators run on Cleat.");
  envtest->add_option("DIR", a.file, "The folder")->required();
  envtest->callback([&a] { a.run = [&a] { return writeLaunchersCommand(a.file); }; });
}

// What those launchers run. Its arguments are other programs' and none of ours.
std::optional<int> runStandIn(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command != "envtest-apiserver" && command != "envtest-etcd") return std::nullopt;
  const std::vector<std::string> arguments(argv + 2, argv + argc);
  return command == "envtest-etcd" ? runEtcdStandIn(arguments) : runApiServerStandIn(arguments);
}

// Not for people: a server runs it for each plugin with isolation = "process".
void addHostCommand(CLI::App& app, Arguments& a) {
  CLI::App* host = app.add_subcommand("host", "Runs one isolated plugin (used by the program itself).");
  host->group("");
  host->add_option("--socket-fd", a.isolated.socketFd)->required();
  host->add_option("--plugin", a.isolated.plugin)->required();
  host->add_option("--callback-ms", a.isolated.callbackMs);
  host->add_option("--confinement", a.isolated.confinement);
  host->callback([&a] { a.run = [&a] { return host::runIsolatedPlugin(a.isolated); }; });
}

// Not for people either: what `cleat plugin dev` runs for a plugin that works on a node.
void addEnclosureCommand(CLI::App& app, Arguments& a) {
  CLI::App* enclosed =
      app.add_subcommand("dev-node", "Runs `up` in namespaces of its own (used by the program itself).");
  enclosed->group("");
  enclosed->add_option("--data-dir", a.enclosure.dataDir)->required();
  enclosed->add_option("--listen", a.enclosure.listen)->required();
  enclosed->add_option("--config", a.enclosure.configFile);
  enclosed->callback([&a] { a.run = [&a] { return runEnclosed(a.enclosure); }; });
}

// One name for a folder, however it was given: etc/node-cleanup.sh looks for it on command lines and in mounts.
std::string canonicalFolder(const std::string& given) {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::weakly_canonical(std::filesystem::absolute(given, error), error);
  if (error) return given;
  return folder.has_filename() ? folder.string() : folder.parent_path().string();
}

bool hasCommand(CLI::App& app, const std::string& name) {
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    if (command->get_name() == name) return true;
  }
  return false;
}

}  // namespace

int runCommand(int argc, char** argv) {
  if (std::optional<int> code = runStandIn(argc, argv)) return *code;
  Arguments arguments;
  arguments.role.dataDir = kDataDir;
  CLI::App app("Cleat: a container orchestrator that speaks the Kubernetes API, built as a microkernel.", "cleat");
  app.set_version_flag("--version", concat("cleat 0.1.0 (Kubernetes ", kKubernetesRelease, ")"));
  app.require_subcommand(1);
  addRoleCommands(app, arguments);
  addAttachCommand(app, arguments);
  addPluginCommands(app, arguments);
  addReload(app, arguments);
  addClockCommand(app, arguments);
  addImageCommands(app, arguments);
  addServerFileCommands(app, arguments);
  addHostCommand(app, arguments);
  addEnclosureCommand(app, arguments);
  addEnvtestCommands(app, arguments);
  if (argc > 1 && argv[1][0] != '-' && !hasCommand(app, argv[1])) {
    std::fprintf(stderr, "cleat: there is no command %s; `cleat --help` lists them\n", argv[1]);
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  arguments.role.dataDir = canonicalFolder(arguments.role.dataDir);
  return arguments.run();
}

}  // namespace cleat::app
