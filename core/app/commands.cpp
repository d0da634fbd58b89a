#include "core/app/commands.h"

#include <cleat/sdk/kubernetes_version.h>
#include <cleat/sdk/text.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <functional>

#include "core/app/operator_commands.h"
#include "core/app/plugin_template.h"
#include "core/app/run_roles.h"
#include "core/host/isolation/isolated.h"

namespace cleat::app {
namespace {

constexpr const char* kDataDir = "/var/lib/cleat";

struct Arguments {
  RoleOptions role;
  std::string file, name, output, ttl = "24h";
  bool inFile = false;
  host::IsolatedArguments isolated;
  std::function<int()> run;
};

void addDataDir(CLI::App& command, Arguments& arguments) {
  command.add_option("--data-dir", arguments.role.dataDir, "Folder of the state, keys and certificates")
      ->capture_default_str();
}

void addRoleCommands(CLI::App& app, Arguments& a) {
  CLI::App* server = app.add_subcommand("server",
                                        "Runs the control plane: the API server, controllers and schedulers.\n"
                                        "Writes DIR/admin.kubeconfig and DIR/node-token.");
  addDataDir(*server, a);
  server->add_option("--listen", a.role.listen, "ADDRESS:PORT to serve the API at (default: 0.0.0.0:6443)");
  server->add_option("--config", a.role.configFile, "Configuration file (see etc/cleat.toml)");
  server->callback([&a] { a.run = [&a] { return runServer(a.role); }; });

  CLI::App* agent = app.add_subcommand("agent",
                                       "Runs this machine as a node of a cluster. Needs root.\n"
                                       "One node to a machine; what it runs goes on when it stops.");
  addDataDir(*agent, a);
  agent->add_option("--server", a.role.serverUrl, "https://HOST:PORT of the server")->required();
  agent->add_option("--token", a.role.token, "Join token, needed the first time: DIR/node-token on the server");
  agent->add_option("--node-name", a.role.nodeName, "The node's name (default: the host name)");
  agent->add_option("--config", a.role.configFile, "Configuration file (see etc/cleat.toml)");
  agent->callback([&a] { a.run = [&a] { return runAgent(a.role); }; });

  CLI::App* up = app.add_subcommand("up",
                                    "Runs both a server and an agent on this machine. Needs root.\n"
                                    "One node to a machine; what it runs goes on when it stops.");
  addDataDir(*up, a);
  up->add_option("--listen", a.role.listen, "ADDRESS:PORT to serve the API at (default: 0.0.0.0:6443)");
  up->add_option("--node-name", a.role.nodeName, "The node's name (default: the host name)");
  up->add_option("--config", a.role.configFile, "Configuration file (see etc/cleat.toml)");
  up->callback([&a] { a.run = [&a] { return runUp(a.role); }; });
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
  swap->add_option("NAME", a.name, "The plugin's name")->required();
  swap->add_option("FILE", a.file, "The .so to run from now on")->required();
  swap->callback([&a] { a.run = [&a] { return swapPluginCommand(a.role.dataDir, a.name, a.file); }; });
  CLI::App* fresh =
      plugin->add_subcommand("new", "Writes a plugin to begin with: a controller, its test, its build file.");
  fresh->add_option("NAME", a.name, "The plugin's name, such as scheduler-fancy")->required();
  fresh->add_option("FOLDER", a.file, "Where to (default: a folder with the plugin's name)");
  fresh->callback([&a] { a.run = [&a] { return newPluginCommand(a.name, a.file); }; });
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
  CLI::App* kubeconfig = app.add_subcommand("kubeconfig", "Prints the administrator's kubeconfig.");
  addDataDir(*kubeconfig, a);
  kubeconfig->callback([&a] { a.run = [&a] { return printKubeconfigCommand(a.role.dataDir); }; });
}

// Not for people: a server runs it for each plugin with isolation = "process".
void addHostCommand(CLI::App& app, Arguments& a) {
  CLI::App* host = app.add_subcommand("host", "Runs one isolated plugin (used by the program itself).");
  host->group("");
  host->add_option("--socket-fd", a.isolated.socketFd)->required();
  host->add_option("--plugin", a.isolated.plugin)->required();
  host->callback([&a] { a.run = [&a] { return host::runIsolatedPlugin(a.isolated); }; });
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
  Arguments arguments;
  arguments.role.dataDir = kDataDir;
  CLI::App app("Cleat: a container orchestrator that speaks the Kubernetes API, built as a microkernel.", "cleat");
  app.set_version_flag("--version", concat("cleat 0.1.0 (Kubernetes ", kKubernetesRelease, ")"));
  app.require_subcommand(1);
  addRoleCommands(app, arguments);
  addPluginCommands(app, arguments);
  addImageCommands(app, arguments);
  addServerFileCommands(app, arguments);
  addHostCommand(app, arguments);
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
