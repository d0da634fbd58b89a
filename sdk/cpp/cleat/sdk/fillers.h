// Fillers: the plugins that fill a role, by name, for whoever calls a role of which there may be several. Which ones
// they are, and their order, is in the operator's configuration ([roles]). A role is any interface, also one that Cleat
// has never heard of: its methods are the constants that are generated of its schema.
//
//   Fillers fillers(context());
//   auto names = co_await fillers.of(acme::priceList::quote);                       // who there is
//   auto one = co_await fillers.call("prices-acme", acme::priceList::quote, [&](auto params) { params.setItem("tea");
//   }); auto all = co_await fillers.callAll(acme::priceList::quote, [&](auto params) { params.setItem("tea"); });
//
// One call for whoever takes it first, in that order, is Context::call. A call that is not waited for any more, because
// its coroutine or the plugin has ended, is cancelled at whoever it was made to; a handler that calls on behalf of its
// own caller gives the time on that it has: `{.timeout = call.deadline() - context().now()}`.
#pragma once

#include <cleat/schema/role/fillers.methods.h>
#include <cleat/sdk/streams.h>
#include <cleat/sdk/when_all.h>

#include <string>
#include <vector>

namespace cleat {

class Fillers {
 public:
  explicit Fillers(Context& context) : context_(context) {}

  // In the order of the configuration; none for a role that nobody fills.
  Task<Result<std::vector<std::string>>> of(MethodId method) {
    auto fill = [method](role::ListFillersParams::Builder params) { params.setInterfaceId(method.interfaceId); };
    CLEAT_CO_TRY(auto answer, co_await context_.call(role::fillers::list, fill));
    std::vector<std::string> names;
    for (auto name : answer->getNames()) names.push_back(str(name));
    co_return names;
  }

  template <class P, class R, class Build>
    requires std::invocable<Build&, typename P::Builder>
  Task<Result<Answer<R>>> call(std::string filler, Method<P, R> method, Build build, CallOptions options = {}) {
    Draft<P> params;
    build(*params);
    return unwrapped<R>(send(std::move(filler), method, std::move(params).freezeAny(), std::move(options)));
  }
  template <class R>
  Task<Result<Answer<R>>> call(std::string filler, Method<void, R> method, CallOptions options = {}) {
    // A struct with nothing in it is what such a method takes.
    return unwrapped<R>(
        send(std::move(filler), method, Draft<role::ListFillersParams>().freezeAny(), std::move(options)));
  }

  // The same with a stream beside the call (cleat/sdk/streams.h), which is made at once.
  template <class P, class R, class Build>
    requires std::invocable<Build&, typename P::Builder>
  Result<StreamingCall<R>> open(std::string filler, Method<P, R> method, Build build, CallOptions options = {}) {
    Draft<P> params;
    build(*params);
    return opened<R>(named(std::move(filler), method, std::move(params).freezeAny(), std::move(options)));
  }
  template <class R>
  Result<StreamingCall<R>> open(std::string filler, Method<void, R> method, CallOptions options = {}) {
    return opened<R>(
        named(std::move(filler), method, Draft<role::ListFillersParams>().freezeAny(), std::move(options)));
  }

  template <class R>
  struct Filled {
    std::string filler;
    Result<Answer<R>> answer;
  };
  // All that fill the role at once, or those of `only`; what they answered in their order.
  template <class P, class R, class Build>
    requires std::invocable<Build&, typename P::Builder>
  Task<Result<std::vector<Filled<R>>>> callAll(Method<P, R> method, Build build, CallOptions options = {},
                                               std::vector<std::string> only = {}) {
    Draft<P> draft;
    build(*draft);
    const AnyRef params = std::move(draft).freezeAny();
    if (only.empty()) {
      CLEAT_CO_TRY(auto names, co_await of(method));
      only = std::move(names);
    }
    std::vector<Task<Result<Answer<R>>>> calls;
    for (const std::string& name : only) calls.push_back(unwrapped<R>(send(name, method, params, options)));
    auto answers = co_await whenAll(std::move(calls));
    std::vector<Filled<R>> filled;
    for (size_t i = 0; i < only.size(); ++i) filled.push_back({std::move(only[i]), std::move(answers[i])});
    co_return filled;
  }

 private:
  static CallRequest named(std::string filler, MethodId method, AnyRef params, CallOptions options) {
    CallRequest request{role::fillers::call};
    auto named = request.params.message().initRoot<role::CallFillerParams>();
    named.setInterfaceId(method.interfaceId);
    named.setMethod(method.ordinal);
    named.setFiller(filler);
    request.objects.push_back(std::move(params));
    for (AnyRef& object : options.objects) request.objects.push_back(std::move(object));
    request.timeout = options.timeout;
    return request;
  }
  Task<Result<AnyAnswer>> send(std::string filler, MethodId method, AnyRef params, CallOptions options) {
    return context_.send(named(std::move(filler), method, std::move(params), std::move(options)));
  }
  template <class R>
  Result<StreamingCall<R>> opened(CallRequest request) {
    CLEAT_TRY(auto call, AnyStreamingCall::open(context_, std::move(request)));
    return StreamingCall<R>(std::move(call), unwrap);
  }

  template <class R>
  static Task<Result<Answer<R>>> unwrapped(Task<Result<AnyAnswer>> pending) {
    CLEAT_CO_TRY(AnyAnswer wrapped, co_await std::move(pending));
    CLEAT_CO_TRY(AnyAnswer results, unwrap(std::move(wrapped)));
    co_return Answer<R>(std::move(results));
  }
  // The results come as the first of the objects.
  static Result<AnyAnswer> unwrap(AnyAnswer wrapped) {
    std::vector<AnyRef> objects = wrapped.takeObjects();
    if (objects.empty()) return fail(Status::internal("the host gave an answer without results"));
    const AnyRef results = std::move(objects.front());
    objects.erase(objects.begin());
    return AnyAnswer(results.words(), std::move(objects));
  }

  Context& context_;
};

}  // namespace cleat
