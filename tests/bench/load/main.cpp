// A load for a server of the Kubernetes API, on loopback: see --help, and tests/bench/beside for what it is used for.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/bench/load/loads.h"

namespace {

using cleat::bench::LoadOptions;

struct Arguments {
  LoadOptions load;
  std::string tokenFile;
  bool json = false;
  std::string asked;
  std::string prefix = "load";
  std::size_t size = 1024;
  std::vector<std::string> bodyFiles;
  std::string name;
  std::uint64_t there = 1;
  int rounds = 20;
  std::string folder = ".";
  std::uint64_t from = 0;
  std::string type = "ADDED";
  double silence = 5;
};

std::string contentOf(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + name);
  std::string text(std::istreambuf_iterator<char>(file), {});
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

CLI::App* addLoad(CLI::App& app, Arguments& a, const std::string& name, const std::string& what, int connections) {
  CLI::App* load = app.add_subcommand(name, what);
  load->add_option("--port", a.load.server.port, "Of the server, on 127.0.0.1")->required();
  load->add_option("--token", a.tokenFile, "A file with a bearer token")->required();
  load->add_option("--ca", a.load.authority, "A file with the server's authority")->required();
  load->add_option("--path", a.load.path, "What is asked for")->required();
  load->add_option("--accept", a.load.accept, "The form of the answers: a media type, or json, or protobuf");
  load->add_option("--seconds", a.load.seconds, "How long");
  load->add_option("--count", a.load.count, "How many requests, however long they take");
  load->add_option("--connections", a.load.connections, "How many (" + std::to_string(connections) + ")");
  load->preparse_callback([&a, connections](std::size_t) { a.load.connections = connections; });
  return load;
}

void addLoads(CLI::App& app, Arguments& a) {
  CLI::App* create = addLoad(app, a, "create", "Creates ConfigMaps in the collection PATH", 16);
  create->add_option("--prefix", a.prefix, "How their names begin");
  create->add_option("--size", a.size, "Bytes of content of each");
  create->add_flag("--refusals", a.load.refusals, "Goes on when something is forbidden, and counts how often");
  addLoad(app, a, "get", "Reads PATH again and again", 16);
  addLoad(app, a, "list", "Reads PATH again and again, over one connection", 1);
  CLI::App* watch =
      addLoad(app, a, "watch", "Many watch the collection PATH while one changes a ConfigMap in it", 1000);
  watch->add_option("--name", a.name, "Of the ConfigMap, which there is")->required();
  watch->add_option("--there", a.there, "How many objects the collection has");
  watch->add_option("--rounds", a.rounds, "How many changes");
  CLI::App* learn =
      addLoad(app, a, "learn", "Reads all that a file names in turn, again and again; PATH is not asked for", 1);
  learn->add_option("--asked", a.asked, "A file with a path a line and, of what the client has, a space and its tag")
      ->required();
  learn->add_option("--rounds", a.rounds, "How often all of it");
  CLI::App* apply = addLoad(app, a, "apply", "Applies to the object PATH, one request after another", 1);
  apply->add_option("--body", a.bodyFiles, "A file with what is applied; several by turns")->required();
  CLI::App* make = addLoad(app, a, "make", "Creates objects after a pattern in the collection PATH", 16);
  make->add_option("--body", a.bodyFiles, "A file with the pattern: @N@ is the object's number, @N%K@ modulo K")
      ->required();
  make->add_option("--from", a.from, "The first number");
  CLI::App* events = addLoad(app, a, "events", "Watches the collection PATH and counts events", 1);
  events->add_option("--type", a.type, "Which: ADDED, MODIFIED or DELETED");
  events->add_option("--silence", a.silence, "Ends when there was none for so many seconds");
  CLI::App* limits = app.add_subcommand("limits", "What the machine itself can do");
  limits->add_option("--folder", a.folder, "A folder on the disk whose syncs are counted");
}

void run(const std::string& command, Arguments& a) {
  if (!a.tokenFile.empty()) a.load.server.token = contentOf(a.tokenFile);
  if (a.load.accept == "json") a.load.accept = "application/json";
  if (a.load.accept == "protobuf") a.load.accept = "application/vnd.kubernetes.protobuf";
  if (command == "create") {
    cleat::bench::createObjects(a.load, a.prefix, a.size).print(a.json);
  } else if (command == "get" || command == "list") {
    cleat::bench::readAgain(a.load).print(a.json);
  } else if (command == "make") {
    cleat::bench::makeObjects(a.load, contentOf(a.bodyFiles.at(0)), a.from).print(a.json);
  } else if (command == "events") {
    cleat::bench::countEvents(a.load, a.type, a.silence, a.json);
  } else if (command == "watch") {
    cleat::bench::watchChanges(a.load, a.name, a.there, a.rounds, a.json);
  } else if (command == "learn") {
    cleat::bench::learnAgain(a.load, contentOf(a.asked), a.rounds, a.json);
  } else if (command == "apply") {
    std::vector<std::string> bodies;
    for (const std::string& name : a.bodyFiles) bodies.push_back(contentOf(name));
    cleat::bench::applyAgain(a.load, bodies).print(a.json);
  } else {
    cleat::bench::printLimits(a.folder, a.json);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Arguments arguments;
  CLI::App app{"Loads for a server of the Kubernetes API on loopback, with a bearer token over TLS."};
  app.require_subcommand(1);
  app.add_flag("--json", arguments.json, "Prints the figures as a JSON object");
  addLoads(app, arguments);
  CLI11_PARSE(app, argc, argv);
  try {
    run(app.get_subcommands().front()->get_name(), arguments);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
