// What stands where a test environment wants an etcd. It keeps nothing: the server has a store of its own. It answers
// as a healthy etcd does to those who ask for its health, and tells the server that is given its URL which folder the
// state belongs into, so that a server that is started again with the same etcd finds what it had.
#pragma once

#include <cleat/sdk/status.h>

#include <memory>
#include <string>
#include <vector>

namespace cleat::app {

class EtcdStandIn {
 public:
  // Listens at each of the URLs, which are of the form http://HOST:PORT.
  static Result<std::unique_ptr<EtcdStandIn>> listen(const std::vector<std::string>& urls, std::string dataDir);
  virtual ~EtcdStandIn() = default;
  // Answers, one client after the other, until there is something to be read from `stop`.
  virtual void serve(int stop) = 0;
};

// The folder that the stand-in at this URL tells. Whatever else is there has none to tell.
Result<std::string> askForDataDir(const std::string& url);

// What `etcd` of `cleat envtest` is told by its flags.
struct EtcdFlags {
  std::vector<std::string> listen;
  std::string dataDir;
  std::vector<std::string> withoutEffect;
};
Result<EtcdFlags> readEtcdFlags(const std::vector<std::string>& arguments);
std::string etcdHelp();

}  // namespace cleat::app
