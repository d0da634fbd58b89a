// One execution of one CNI plugin: the environment and the standard input that the specification demands, and what
// came back.
//
// Blocks for as long as the plugin runs, at most `timeoutMs`; then it is killed with whatever it had started.
#pragma once

#include <cleat/sdk/status.h>

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace cleat::network {

struct Invocation {
  std::string command;      // "ADD", "DEL", "CHECK"
  std::string containerId;  // CNI_CONTAINERID
  std::string netns;        // may be empty for DEL
  std::string interface = "eth0";
  std::string args;  // CNI_ARGS
};

class PluginRunner {
 public:
  PluginRunner(std::vector<std::string> binDirs, int timeoutMs) : binDirs_(std::move(binDirs)), timeoutMs_(timeoutMs) {}

  // The plugin's program in the first folder that has it.
  Result<std::string> find(const std::string& type) const;

  // `configuration` is the execution configuration, with its "type". The result object; empty when there was none,
  // as for DEL and CHECK.
  Result<boost::json::object> run(const Invocation& invocation, const boost::json::object& configuration) const;

 private:
  std::vector<std::string> binDirs_;
  int timeoutMs_;
};

}  // namespace cleat::network
