// The roles http-handler, flow-control and scheduler-extension.
#include <cleat/schema/role/flow_control.methods.h>
#include <cleat/schema/role/http_handler.methods.h>
#include <cleat/schema/role/scheduler_extension.methods.h>
#include <cleat/sdk/text.h>

#include "core/app/check/role_checks.h"

namespace cleat::app {
namespace {

SampleCall requestFor(const std::string& method, const std::string& path, const std::string& body) {
  auto params = object::makeMessage<role::HandleParams>([&](role::HandleParams::Builder builder) {
    builder.setMethod(method);
    builder.setPath(path);
    builder.setQuery("a=1&b=%20");
    builder.setBody(dataOf(body));
    auto header = builder.initHeaders(1)[0];
    header.setName("Accept");
    header.setValue("*/*");
    fillUser(builder.initUser());
    builder.setRemoteAddress("192.0.2.7");
  });
  return {role::httpHandler::handle, std::move(params), {}};
}

void checkAnswer(CheckRun& run, const std::string& path, const host::RoleAnswer& answer) {
  if (!isOrderly(run, "handle", path, answer) || answer.status != CLEAT_OK) return;
  const auto results = answer.message->root<role::HandleResults>();
  if (results.isForward()) {
    const std::string url = str(results.getForward().getUrl());
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
      run.report().fail("handle", concat("it forwards ", path, " to \"", url, "\", which is no URL"));
    }
    return;
  }
  const unsigned status = results.getAnswer().getStatus();
  if (status < 200 || status > 599)
    run.report().fail("handle", concat("it answers ", path, " with the status ", status));
}

std::vector<std::string> checkRoutes(CheckRun& run) {
  const host::RoleAnswer answer = run.ask(role::httpHandler::routes);
  std::vector<std::string> prefixes;
  if (answer.status != CLEAT_OK) {
    run.report().fail("routes", concat("it does not say which paths it takes: ", brief(answer)));
    return prefixes;
  }
  const auto routes = answer.message->root<role::RoutesResults>();
  for (auto route : routes.getRoutes()) {
    prefixes.push_back(str(route.getPrefix()));
    if (!prefixes.back().starts_with('/') || (prefixes.back().size() > 1 && prefixes.back().ends_with('/'))) {
      run.report().fail("routes", concat("\"", prefixes.back(),
                                         "\" is no prefix of paths: it begins with a slash and "
                                         "does not end with one"));
    }
  }
  // It waits until something changes, and says that nothing has before its caller gives up.
  auto waiting = object::makeMessage<role::RoutesParams>(
      [&](role::RoutesParams::Builder params) { params.setCursor(routes.getCursor()); });
  run.keep({role::httpHandler::routes, waiting, {}});
  const host::RoleAnswer late = run.ask({role::httpHandler::routes, waiting, {}});
  if (late.status != CLEAT_OK) run.report().fail("routes", concat("waiting for others, it ends with ", brief(late)));
  return prefixes;
}

void checkLevels(CheckRun& run, role::FlowsResults::Reader said) {
  for (auto level : said.getLevels()) {
    const std::string name = str(level.getName());
    if (!level.getUnlimited() &&
        (level.getLeastSeats() > level.getSeats() || level.getSeats() > level.getMostSeats())) {
      run.report().fail("flows", concat("the level \"", name, "\" has a share that is outside of its bounds"));
    }
    if (level.getQueues() > 0 && (level.getHandSize() == 0 || level.getHandSize() > level.getQueues())) {
      run.report().fail("flows", concat("the level \"", name, "\" deals ", level.getHandSize(), " of ",
                                        level.getQueues(), " queues"));
    }
  }
}

Ref<const object::Message> judgeParams(uint64_t before, unsigned nodes, unsigned groups) {
  return object::makeMessage<role::JudgeParams>([&](role::JudgeParams::Builder params) {
    params.setTable(before + 1);
    params.setBefore(before);
    params.setSize(nodes);
    auto changed = params.initChanged(before == 0 ? nodes : 0);
    for (unsigned i = 0; i < changed.size(); ++i) changed.set(i, i);
    auto list = params.initGroups(groups);
    const std::string all((nodes + 7) / 8, '\xff');
    for (auto group : list) {
      group.setPods(2);
      group.setCandidates(dataOf(all));
    }
  });
}

void checkVerdicts(CheckRun& run, unsigned nodes, unsigned groups, const host::RoleAnswer& answer) {
  if (!isOrderly(run, "judge", "objects and places", answer) || answer.status != CLEAT_OK) return;
  const auto results = answer.message->root<role::JudgeResults>();
  if (results.getStale()) return run.report().fail("judge", "it calls a table stale that begins anew (before = 0)");
  if (results.getGroups().size() != groups) {
    return run.report().fail("judge", concat("of ", groups, " groups it judges ", results.getGroups().size()));
  }
  for (auto verdict : results.getGroups()) {
    const auto odd = [](auto list, unsigned wanted) { return list.size() != 0 && list.size() != wanted; };
    if (odd(verdict.getAllowed(), (nodes + 7) / 8) || odd(verdict.getScores(), nodes) ||
        odd(verdict.getRoom(), nodes) || odd(verdict.getWorse(), nodes) || odd(verdict.getWorseAfter(), nodes)) {
      run.report().fail("judge",
                        "allowed, scores, room, worse and worseAfter have an entry for each number of a node, or none");
    }
    for (auto score : verdict.getScores()) {
      if (score > 100)
        run.report().fail("judge", concat("it gives a score of ", static_cast<int>(score), ": 100 is most"));
    }
  }
}

void checkPlacements(CheckRun& run, const host::Argument& placed) {
  auto params = object::makeMessage<role::PlacementsParams>(
      [&](role::PlacementsParams::Builder params) { params.initNodes(1).set(0, "a"); });
  // Each twice: a scheduler that was killed does not know what it has said.
  const MethodId methods[] = {role::schedulerExtension::reserve,   role::schedulerExtension::reserve,
                              role::schedulerExtension::unreserve, role::schedulerExtension::unreserve,
                              role::schedulerExtension::preBind,   role::schedulerExtension::postBind};
  for (const MethodId& method : methods) {
    (void)isOrderly(run, "placements", "a placement", run.ask({method, params, {placed}}));
  }
  run.report().okUnlessFailed("placements");
}

}  // namespace

void checkHttpHandler(CheckRun& run) {
  const std::vector<std::string> prefixes = checkRoutes(run);
  for (const std::string& prefix : prefixes) {
    for (const char* below : {"", "/", "/no/such/thing", "/%2e%2e/%00"}) {
      const std::string path = prefix + below;
      for (const char* method : {"GET", "POST", "DELETE", "NONSENSE"}) {
        SampleCall call = requestFor(method, path, method == std::string_view("POST") ? run.samples().bytes() : "");
        checkAnswer(run, path, run.ask(call));
        if (path == prefix && method == std::string_view("GET")) run.keep(std::move(call));
      }
    }
  }
  const host::RoleAnswer elsewhere = run.ask(requestFor("GET", "/nobody/has/this", ""));
  if (elsewhere.status == CLEAT_OK) {
    run.report().fail("handle", "it answers at a path that it does not take: CLEAT_NOT_MINE is the answer");
  }
  run.report().okUnlessFailed("routes", concat(prefixes.size(), " routes"));
  run.report().okUnlessFailed("handle");
}

void checkFlowControl(CheckRun& run) {
  const auto asking = [](uint64_t cursor) {
    return object::makeMessage<role::FlowsParams>([&](role::FlowsParams::Builder params) {
      params.setCursor(cursor);
      params.setSeats(600);
    });
  };
  const host::RoleAnswer answer = run.ask({role::flowControl::flows, asking(0), {}});
  if (answer.status != CLEAT_OK) {
    return run.report().fail("flows", concat("it does not say which flows there are: ", brief(answer)));
  }
  const auto said = answer.message->root<role::FlowsResults>();
  checkLevels(run, said);
  for (auto flow : said.getFlows()) {
    if (flow.getLevel() < said.getLevels().size()) continue;
    run.report().fail("flows", concat("the flow \"", str(flow.getName()), "\" is of a level that there is not"));
  }
  // It waits until something changes, and says that nothing has before its caller gives up.
  run.keep({role::flowControl::flows, asking(said.getCursor()), {}});
  const host::RoleAnswer late = run.ask({role::flowControl::flows, asking(said.getCursor()), {}});
  if (late.status != CLEAT_OK) run.report().fail("flows", concat("waiting for others, it ends with ", brief(late)));
  run.report().okUnlessFailed("flows", concat(said.getFlows().size(), " flows"));
}

void checkSchedulerExtension(CheckRun& run) {
  const host::RoleAnswer said = run.ask(role::schedulerExtension::describe);
  if (said.status != CLEAT_OK) return run.report().fail("describe", brief(said));
  run.keep({role::schedulerExtension::describe, host::emptyMessage(), {}, true});
  const auto description = said.message->root<role::ExtensionDescription>();
  const std::vector<object::ObjectRef> placed = run.plugin().cluster().usedAs("placed");
  const std::vector<object::ObjectRef> places = run.plugin().cluster().usedAs("place");
  if (placed.empty() || places.empty()) return run.report().skip("judge", "the population has nothing to place");
  const host::Argument judged{placed.front()->message(), placed.front()->revision()};
  if (description.getJudges()) {
    constexpr unsigned kNodes = 2;
    host::Arguments objects{judged};
    for (unsigned i = 0; i < kNodes; ++i) objects.push_back({places.front()->message(), places.front()->revision()});
    SampleCall call{role::schedulerExtension::judge, judgeParams(0, kNodes, 1), objects, true};
    checkVerdicts(run, kNodes, 1, run.ask(call));
    run.keep(call);
    const host::RoleAnswer unknown =
        run.ask({role::schedulerExtension::judge, judgeParams(4711, kNodes, 1), {objects.front()}});
    if (unknown.status == CLEAT_OK && !unknown.message->root<role::JudgeResults>().getStale()) {
      run.report().fail("judge", "it judges by a table that it was never given: answer stale, and get all of it");
    }
    run.report().okUnlessFailed("judge");
  }
  if (description.getReserves()) checkPlacements(run, judged);
  run.report().okUnlessFailed("describe");
}

}  // namespace cleat::app
