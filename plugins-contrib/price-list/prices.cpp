// Fills the vendor's role price-list: says what the things of its settings cost. Built twice, as two sellers.
#include <cleat/schema/acme/price_list.interface.h>
#include <cleat/schema/acme/price_list.role.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/streams.h>
#include <cleat/sdk/text.h>

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <map>

namespace {

using namespace cleat;

class Prices : public RolePlugin<acme::PriceListRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    for (const std::string& entry : config().list("prices")) {
      const size_t equals = entry.find('=');
      const auto cents = parseInteger<uint32_t>(equals == std::string::npos ? "" : entry.substr(equals + 1));
      if (!cents) co_return fail(Status::badRequest(concat("prices: ", inQuotes(entry), " is not ITEM=CENTS")));
      prices_[entry.substr(0, equals)] = *cents;
    }
    co_return Result<void>();
  }

  Task<Result<void>> quote(acme::QuoteParams::Reader params, Call<acme::QuoteResults>& call) override {
    auto found = prices_.find(str(params.getItem()));
    if (found == prices_.end()) co_return call.notMine();
    call.results().setCents(found->second);
    call.results().setFrom(config().name());
    co_return {};
  }

  Task<Result<void>> haggle(Call<acme::HaggleResults>& call) override {
    CLEAT_CO_TRY(auto offer, StreamOffer::make(config().dataDir()));
    call.results().setStream(offer->address());
    // Whoever calls has its answer now; the stream goes on beside it.
    spawn(sell(std::move(offer)));
    co_return {};
  }

  Task<Result<void>> ponder(acme::QuoteParams::Reader, Call<acme::QuoteResults>& call) override {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(call.deadline() - context().now());
    log().info("is asked to ponder for ", left.count() <= 3000 ? "at most 3 s" : "longer than it should");
    call.onCancel([this] { log().info("nobody waits for what it ponders any more"); });
    co_await context().sleep(std::chrono::hours(1));
    co_return {};
  }

 private:
  Task<void> sell(std::shared_ptr<StreamOffer> offer) {
    auto work = [offer, prices = prices_]() -> Result<void> {
      CLEAT_TRY(const Fd stream, offer->take(std::chrono::seconds(10)));
      for (;;) {
        CLEAT_TRY(const StreamPart asked, receiveStream(stream));
        if (asked.bytes.empty()) return {};
        const std::string item = asked.bytes.substr(0, asked.bytes.find('\n'));
        if (item != "list") {
          const auto found = prices.find(item);
          CLEAT_TRY(sendStream(stream, found == prices.end() ? "none" : std::to_string(found->second)));
          continue;
        }
        const Fd list(memfd_create("prices", MFD_CLOEXEC));
        std::string text;
        for (const auto& [name, cents] : prices) text += concat(name, "=", cents, " ");
        if (!list || write(list.get(), text.data(), text.size()) < 0)
          return fail(systemError("cannot list prices", errno));
        const int descriptor = list.get();
        CLEAT_TRY(sendStream(stream, "list", std::span(&descriptor, 1)));
      }
    };
    const Result<void> sold = co_await context().blocking(work);
    if (!sold) log().warn("a stream ended: ", sold.error());
  }

  std::map<std::string, uint32_t> prices_;
};

}  // namespace

CLEAT_PLUGIN(Prices, .name = SELLER, .version = "1.0.0", .maturity = "alpha", .roles = "price-list",
             .configSchema = "prices list # what there is: ITEM=CENTS\n");
CLEAT_BRINGS(acme::priceList);
