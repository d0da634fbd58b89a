// Knows which kinds the cluster serves, as far as somebody waits for one of them.
//
//   ServedKinds served(context(), [this](const std::string& key) { controller().enqueue(key); });
//   CLEAT_CO_TRY(co_await served.learn());           // once, at the start
//   if (!served.has("widgets.example.com")) served.await("widgets.example.com");
#pragma once

#include <cleat/sdk/context.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::extensions {

struct ServedKind {
  std::string version, resource, kind;
  bool namespaced = false;
};

class ServedKinds {
 public:
  // `arrived` is called with the name of a kind that was awaited and is served now.
  ServedKinds(Context& context, std::function<void(const std::string&)> arrived);

  // Asks the cluster. Several at a time get the answer of one.
  Task<Result<void>> learn();

  // As of the last time that it was asked. `name` is "widgets.example.com".
  bool has(std::string_view name) const { return kinds_.contains(name); }
  const ServedKind* find(std::string_view name) const;
  // The kinds of one group, by their names.
  const std::map<std::string, ServedKind, std::less<>>& all() const { return kinds_; }

  // Looks again and again until it is there.
  void await(std::string name);
  // Its definition has gone: what was known of it is nothing to go by.
  void forget(std::string_view name);

 private:
  Task<void> look();
  bool tell();  // whether one has come

  Context& context_;
  std::function<void(const std::string&)> arrived_;
  std::map<std::string, ServedKind, std::less<>> kinds_;
  std::set<std::string, std::less<>> awaited_;
  bool looking_ = false;
  Duration delay_{};  // until the next look
};

}  // namespace cleat::extensions
