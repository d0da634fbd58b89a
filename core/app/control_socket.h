// The program's own door for its operator's commands (`cleat plugin list`, `cleat image import` …): a Unix socket in
// the data directory, for root alone. A request is one frame, its answer another:
//
//   uint32 length of what follows, little-endian; uint64 interface; uint32 method; the parameters' words
//   uint32 length of what follows; int32 status; the results' words, or the error's text
//
// Interface 0 is the host itself: its results are JSON text. Any other is a role's, and is passed on to the plugin that
// fills it.
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <string>
#include <vector>

#include "core/app/plugin_operations.h"
#include "core/app/test_clock.h"
#include "core/base/asio_executor.h"
#include "core/host/plugin_host.h"

namespace cleat::app {

// All but the first take {"name": …, "file": …, "grant": …, "save": …}, of which each needs some, and give
// {"done": "what was done"}. showGrants does nothing: it says what a plugin will be allowed that loadPlugin would load.
enum class HostMethod : uint32_t {
  listPlugins = 1,
  swapPlugin = 2,
  loadPlugin = 3,
  unloadPlugin = 4,
  reload = 5,
  showGrants = 6,
  // {"advanceNs": …}, in a server whose time a test moves: by so much, with all that is due; gives the time then, as a
  // text.
  moveClock = 7
};

class ControlSocket {
 public:
  // `engine`: of the plugin that keeps the store, if one does; it is listed too. `clock`: of a server whose time a test
  // moves.
  static Result<std::unique_ptr<ControlSocket>> open(base::AsioExecutor& executor, host::PluginHost& host,
                                                     const std::string& path, PluginOperations& operations,
                                                     const host::PluginHost* engine = nullptr,
                                                     TestClock* clock = nullptr);
  ~ControlSocket();

 private:
  struct State;
  explicit ControlSocket(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// A command's side. Blocks until the answer comes; `path` is the socket. The error is what the program said, or that it
// does not run.
Result<std::string> askHost(const std::string& path, HostMethod method, const std::string& json);
Result<std::vector<uint64_t>> askRole(const std::string& path, MethodId method, object::Words params);

}  // namespace cleat::app
