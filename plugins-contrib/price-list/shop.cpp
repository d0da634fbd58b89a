// Calls the vendor's role price-list: a config map that says what it wants (`shop/item`) is told what it costs, where
// it is cheapest of all, and at the seller that it names (`shop/seller`).
#include <cleat/schema/acme/price_list.methods.h>
#include <cleat/sdk/controller_plugin.h>
#include <cleat/sdk/fillers.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/streams.h>

#include <unistd.h>

#include <optional>

namespace {

using namespace cleat;
using core_v1::ConfigMap;

class Shop : public ControllerPlugin {
 public:
  explicit Shop(Context& context) : ControllerPlugin(context, "shop") {}

 private:
  Result<void> watch() override {
    controller().watch(maps_, [](const Object<ConfigMap>& map) { return std::vector{map.key()}; });
    return {};
  }

  Task<Result<Reconciled>> reconcile(std::string key) override {
    const Object<ConfigMap> map = maps_.get(key);
    if (!map) co_return Reconciled();
    const std::string item(annotation(map.meta(), "shop/item").value_or(""));
    if (item.empty()) co_return Reconciled();
    const std::string seller(annotation(map.meta(), "shop/seller").value_or(""));
    std::string told;
    if (seller == "ponder") {
      told = co_await pondered(item);
    } else if (seller.starts_with("haggle ")) {
      told = co_await haggled(seller.substr(7), item);
    } else if (seller.empty()) {
      told = co_await cheapest(item);
    } else {
      told = co_await quoteOf(seller, item);
    }
    if (told == annotation(map.meta(), "shop/price").value_or("")) co_return Reconciled();
    Draft<ConfigMap> draft(map);
    setAnnotation(draft.meta(), "shop/price", told);
    CLEAT_CO_TRY(co_await client_.update(std::move(draft)));
    co_return Reconciled();
  }

  static std::string worded(const Result<Answer<acme::QuoteResults>>& quote) {
    if (!quote) return concat("none: ", quote.error().message);
    return concat((*quote)->getCents(), " at ", (*quote)->getFrom());
  }

  // Whoever is asked by name.
  Task<std::string> quoteOf(std::string seller, std::string item) {
    auto fill = [&](acme::QuoteParams::Builder params) { params.setItem(item); };
    // The first that sells it, in the order of the configuration.
    if (seller == "first") {
      const auto quote = co_await context().call(acme::priceList::quote, fill);
      co_return worded(quote);
    }
    const auto quote = co_await fillers_.call(seller, acme::priceList::quote, fill);
    co_return worded(quote);
  }

  // Of all that there are.
  Task<std::string> cheapest(std::string item) {
    auto fill = [&](acme::QuoteParams::Builder params) { params.setItem(item); };
    const auto quotes = co_await fillers_.callAll(acme::priceList::quote, fill);
    if (!quotes) co_return quotes.error().message;
    std::optional<size_t> best;
    for (size_t i = 0; i < quotes->size(); ++i) {
      const auto& quote = (*quotes)[i].answer;
      if (quote && (!best || (*quote)->getCents() < (*(*quotes)[*best].answer)->getCents())) best = i;
    }
    co_return best ? worded((*quotes)[*best].answer) : concat("nobody of ", quotes->size(), " has it");
  }

  // A call that takes longer than it is waited for.
  Task<std::string> pondered(std::string item) {
    auto fill = [&](acme::QuoteParams::Builder params) { params.setItem(item); };
    CallOptions options;
    options.timeout = std::chrono::milliseconds(500);
    const auto quote = co_await fillers_.call("prices-acme", acme::priceList::ponder, fill, options);
    co_return worded(quote);
  }

  // One thing after the other over a stream, and then the whole list, which is a file of the seller's.
  Task<std::string> haggled(std::string seller, std::string item) {
    auto haggling = fillers_.open(seller, acme::priceList::haggle);
    if (!haggling) co_return concat("none: ", haggling.error().message);
    auto work = [stream = haggling->stream(), item]() -> Result<std::string> {
      CLEAT_TRY(stream->send(item + "\n"));
      CLEAT_TRY(const StreamPart price, stream->receive());
      CLEAT_TRY(stream->send("list\n"));
      CLEAT_TRY(const StreamPart list, stream->receive());
      char all[256] = {};
      if (list.descriptors.empty() || pread(list.descriptors[0].get(), all, sizeof all - 1, 0) < 0) {
        return fail(Status::internal("no list came"));
      }
      return concat(price.bytes, " of ", all);
    };
    const Result<std::string> told = co_await context().blocking(work);
    haggling->stream()->finish();
    // Why a stream ended before it should says the call.
    const auto ended = co_await haggling->ended();
    if (!ended) co_return concat("none: ", ended.error().message);
    co_return told ? concat(*told, "(", (*ended)->getAsked(), " asked)") : concat("none: ", told.error().message);
  }

  Client client_{context()};
  Fillers fillers_{context()};
  Informer<ConfigMap> maps_{context()};
};

}  // namespace

CLEAT_PLUGIN(Shop, .name = "shop", .version = "1.0.0", .maturity = "alpha", .roles = "controller",
             .grants = "- configmaps get,list,watch,update\n");
