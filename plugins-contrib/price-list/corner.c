/* Fills the vendor's role price-list in plain C: a shop at the corner, which sells one thing. */
#define _GNU_SOURCE /* memfd_create */
#include <cleat/c/acme/price_list.h>
#include <cleat/c/stream.h>
#include <cleat/c/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

CLEAT_C_MANIFEST(.name = "prices-corner", .version = "1.0.0", .maturity = "alpha", .roles = "price-list",
                 .config_schema = "sells string salt # the one thing\ncents int 100 # what it costs\n");
CLEAT_C_BRINGS(acme_PriceList);

struct plugin {
  cleat_self self;
  char sells[64], folder[1024];
  uint32_t cents;
};

static void quote(const struct plugin* plugin, const cleat_event* event) {
  const char* item = cleat_get_text(cleat_root(event->payload.message), acme_QuoteParams_item);
  uint64_t room[16];
  cleat_builder message = cleat_into(room, 16);
  const cleat_place results = cleat_new_root(&message, acme_QuoteResults_shape);
  if (strcmp(item, plugin->sells) != 0) {
    cleat_not_mine(plugin->self, event->token);
    return;
  }
  cleat_set_u32(results, acme_QuoteResults_cents, plugin->cents);
  cleat_set_text(results, acme_QuoteResults_from, "prices-corner");
  cleat_reply(plugin->self, event->token, CLEAT_OK, &message);
}

/* One who haggles: has a copy of all it needs, as it may go on when the plugin has stopped. */
struct sale {
  cleat_waiter waiter;
  cleat_stream_offer offer;
  char sells[64];
  uint32_t cents;
};

/* All prices, as a file that has no name. */
static int price_list(const struct sale* sale) {
  char text[128];
  const int length = snprintf(text, sizeof text, "%s=%u ", sale->sells, sale->cents);
  const int file = memfd_create("prices", MFD_CLOEXEC);
  if (file >= 0 && write(file, text, (size_t)length) == length) return file;
  if (file >= 0) close(file);
  return -1;
}

static void sell(void* given) {
  struct sale* sale = given;
  const int stream = cleat_take_stream(&sale->offer, 10000);
  char asked[256], answer[32];
  ssize_t got = 0;
  while (stream >= 0 && (got = cleat_receive_stream(stream, asked, sizeof asked - 1, NULL, NULL)) > 0) {
    int list = -1;
    asked[got] = 0;
    asked[strcspn(asked, "\n")] = 0;
    snprintf(answer, sizeof answer, "none");
    if (strcmp(asked, sale->sells) == 0) snprintf(answer, sizeof answer, "%u", sale->cents);
    if (strcmp(asked, "list") == 0) list = price_list(sale);
    if (cleat_send_stream(stream, answer, strlen(answer), &list, list >= 0 ? 1 : 0) != 0) got = 0;
    if (list >= 0) close(list);
    if (got == 0) break;
  }
  if (stream >= 0) close(stream);
  cleat_end_offer(&sale->offer);
}

static void sold(cleat_waiter* waiter, const cleat_event* event) {
  (void)event;
  free(waiter);
}

/* Whoever calls has its answer at once; the stream goes on beside it. */
static void haggle(const struct plugin* plugin, const cleat_event* event) {
  struct sale* sale = calloc(1, sizeof *sale);
  uint64_t room[64];
  cleat_builder message = cleat_into(room, 64);
  if (!sale || cleat_offer_stream(&sale->offer, plugin->folder) != 0) {
    cleat_refuse(plugin->self, event->token, CLEAT_FAILED, 500, "InternalError", strerror(errno));
    free(sale);
    return;
  }
  sale->waiter.come = sold;
  memcpy(sale->sells, plugin->sells, sizeof sale->sells);
  sale->cents = plugin->cents;
  cleat_set_text(cleat_new_root(&message, acme_HaggleResults_shape), acme_HaggleResults_stream, sale->offer.address);
  cleat_reply(plugin->self, event->token, CLEAT_OK, &message);
  cleat_blocking(plugin->self, sell, sale, &sale->waiter);
}

static void deliver(void* instance, const cleat_event* event) {
  const struct plugin* plugin = instance;
  if (cleat_come(event) || event->type != CLEAT_EVENT_CALL) return;
  if (cleat_calls(event, acme_PriceList_id, acme_PriceList_quote)) {
    quote(plugin, event);
  } else if (cleat_calls(event, acme_PriceList_id, acme_PriceList_haggle)) {
    haggle(plugin, event);
  } else {
    cleat_not_mine(plugin->self, event->token);
  }
}

static int32_t start(const cleat_host* host, cleat_context* context, cleat_words config, void** instance) {
  struct plugin* plugin = calloc(1, sizeof *plugin);
  if (!plugin) return CLEAT_FAILED;
  plugin->self = (cleat_self){host, context};
  snprintf(plugin->sells, sizeof plugin->sells, "%s", cleat_setting_text(config, "sells", "salt"));
  snprintf(plugin->folder, sizeof plugin->folder, "%s", cleat_data_dir(config));
  plugin->cents = (uint32_t)cleat_setting_integer(config, "cents", 100);
  *instance = plugin;
  cleat_ready(plugin->self);
  return CLEAT_OK;
}

static void stop(void* instance) { free(instance); }

CLEAT_C_PLUGIN(start, deliver, stop)
