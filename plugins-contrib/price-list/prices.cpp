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
    if (!call.stream()) co_return fail(Status::badRequest("who haggles calls with a stream"));
    auto work = [stream = call.stream(), prices = prices_] { return sell(*stream, prices); };
    CLEAT_CO_TRY(const uint32_t asked, co_await context().blocking(work));
    call.results().setAsked(asked);
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
  using PriceTable = std::map<std::string, uint32_t>;

  // Blocks, until the buyer has finished.
  static Result<uint32_t> sell(Stream& stream, const PriceTable& prices) {
    std::string lines;
    for (uint32_t asked = 0;;) {
      CLEAT_TRY(const StreamPart part, stream.receive());
      if (part.bytes.empty()) return asked;
      lines += part.bytes;
      for (size_t end; (end = lines.find('\n')) != std::string::npos; ++asked) {
        const std::string item = lines.substr(0, end);
        lines.erase(0, end + 1);
        CLEAT_TRY(answer(stream, prices, item));
      }
    }
  }

  static Result<void> answer(Stream& stream, const PriceTable& prices, const std::string& item) {
    if (item != "list") {
      const auto found = prices.find(item);
      return stream.send(found == prices.end() ? "none" : std::to_string(found->second));
    }
    const Fd list(memfd_create("prices", MFD_CLOEXEC));
    std::string text;
    for (const auto& [name, cents] : prices) text += concat(name, "=", cents, " ");
    if (!list || write(list.get(), text.data(), text.size()) < 0) return fail(systemError("cannot list prices", errno));
    const int descriptor = list.get();
    return stream.send("list", std::span(&descriptor, 1));
  }

  PriceTable prices_;
};

}  // namespace

CLEAT_PLUGIN(Prices, .name = SELLER, .version = "1.0.0", .maturity = "alpha", .roles = "price-list",
             .configSchema = "prices list # what there is: ITEM=CENTS\n");
CLEAT_BRINGS(acme::priceList);
