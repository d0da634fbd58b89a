// Keeps the server's kinds as the CustomResourceDefinitions say: what has changed since the last offer goes into the
// next one together, and what a definition says of its own state is no change.
//
//   DefinitionFeed feed(context(), kinds);
//   feed.start();
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/informer.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kinds-apiextensions/custom_kinds.h"

namespace cleat::kinds::extensions {

class DefinitionFeed {
 public:
  // What calls read is exchanged in `kinds`.
  DefinitionFeed(Context& context, SharedCustomKinds& kinds);

  void start();

 private:
  // What an offer of a definition depends on.
  struct State {
    std::string uid;
    int64_t generation = 0;  // the same one: the same spec
    size_t spec = 0;         // a hash of it
    std::string names;
    bool sameOffer(const State& other) const;
  };
  // One definition's part of an offer.
  struct Next {
    std::string name;
    Object<Definition> definition;           // refers to nothing: it is withdrawn
    std::shared_ptr<const CustomKind> kind;  // null with it
    State state;
  };
  using Part = std::vector<Next>;

  void wake();
  Task<void> run();
  Task<void> offerDirty();
  Part takeDirty();
  // Nothing where there is nothing new to offer.
  std::optional<Next> prepare(const std::string& name);
  Task<void> offerAll(Part part);
  Task<Result<void>> call(const Part& part);
  void putRules(const Part& part);
  void setTerminating(const Object<Definition>& definition);
  void accept(const Part& part);
  void refuse(const Next& next, std::shared_ptr<const CustomKind> before, const Status& why);
  void report();

  Context& context_;
  SharedCustomKinds& kinds_;
  Informer<Definition> definitions_;
  std::set<std::string> dirty_;
  std::map<std::string, State, std::less<>> offered_;
  std::map<std::string, std::string> troubles_;  // why definitions have no kind, or an old one
  std::string reported_;
  std::set<std::string> again_;  // what was refused for a while
  bool running_ = false;
  Timer timer_;
};

}  // namespace cleat::kinds::extensions
