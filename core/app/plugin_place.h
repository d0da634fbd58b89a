// PluginPlace: what an operation on plugins that run (core/app/plugin_operations.h) has to know of where it is made, a
// server or a node: which lists of the configuration name them there, what cannot be missing, and what takes a restart.
#pragma once

#include <cleat/sdk/status.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/app/plugin_plan.h"
#include "core/base/config.h"
#include "core/host/plugin_host.h"

namespace cleat::app {

class PluginPlace {
 public:
  virtual ~PluginPlace() = default;

  virtual Result<PluginPlan> plan(const base::Config& config) const = 0;

  // What the lists say that an operation changes, by key ("admission.chain"), as it is written in TOML.
  virtual std::map<std::string, std::string> listsOf(const base::Config& config) const = 0;
  // Into the lists of these roles, behind those that are there; and out of all lists. Refused where that cannot be.
  virtual Result<void> enlist(base::Config& config, const std::string& name,
                              const std::vector<std::string>& roles) const = 0;
  virtual Result<void> takeOut(base::Config& config, const std::string& name) const = 0;

  // Safe mode: takes out of the lists what was not installed with the program, `but` for these, and gives what it was.
  virtual std::vector<std::string> leaveOthersOut(base::Config& config, const std::set<std::string>& but) const = 0;

  // The setting that counts at a start only and is another one now; empty: there is none.
  virtual std::string needsStart(const base::Config& before, const base::Config& now) const = 0;
  // Whether the place can do without what the one has and the other has not. Asked before anything is done.
  virtual Result<void> mayBecome(const base::Config& before, const base::Config& now) const = 0;
  // Whether one of these that leaves has to be gone before others come, instead of after them.
  virtual bool leavesFirst(const host::PluginSpec& spec) const = 0;
};

// What has to be read over `below` for it to be `now`, as far as operations change it: lists, and where plugins are.
std::string tomlOver(const PluginPlace& place, const base::Config& below, const base::Config& now);

// For the places.
std::string tomlList(const std::vector<std::string>& names);
// Of what counts at a start only wherever that is, as `needsStart`.
std::string otherThanAtStart(const base::Config& before, const base::Config& now);
// Out of a list what safe mode leaves out, which comes into `left`.
void eraseOthers(const base::Config& config, const std::set<std::string>& but, std::vector<std::string>& names,
                 std::vector<std::string>& left);
// The same of [roles] or [node_roles], where what is empty then is no list any more.
void eraseOthersOfRoles(const base::Config& config, const std::set<std::string>& but,
                        std::map<std::string, std::vector<std::string>>& roles, std::vector<std::string>& left);

}  // namespace cleat::app
