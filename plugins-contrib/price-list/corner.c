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
  struct sale* sales; /* under way */
  char sells[64];
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

/* One who haggles: has a copy of all that its work needs, which may go on when the plugin has stopped. */
struct sale {
  cleat_waiter waiter;
  struct plugin* plugin;
  struct sale* next;
  uint64_t call; /* 0: nobody waits for it any more */
  int stream;
  uint32_t asked;
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

/* Answers a line; 0 when the stream has ended. */
static int answer(struct sale* sale, const char* asked) {
  char price[32];
  const int list = strcmp(asked, "list") == 0 ? price_list(sale) : -1;
  int sent;
  snprintf(price, sizeof price, "none");
  if (strcmp(asked, sale->sells) == 0) snprintf(price, sizeof price, "%u", sale->cents);
  sent = cleat_send_stream(sale->stream, price, strlen(price), &list, list >= 0 ? 1 : 0) == 0;
  if (list >= 0) close(list);
  sale->asked += (uint32_t)sent;
  return sent;
}

/* Until the buyer has finished, or has gone. */
static void sell(void* given) {
  struct sale* sale = given;
  char lines[256];
  size_t have = 0;
  ssize_t got;
  while ((got = cleat_receive_stream(sale->stream, lines + have, sizeof lines - have, NULL, NULL)) > 0) {
    char* end;
    have += (size_t)got;
    while ((end = memchr(lines, '\n', have))) {
      *end = 0;
      if (!answer(sale, lines)) return;
      have -= (size_t)(end + 1 - lines);
      memmove(lines, end + 1, have);
    }
    if (have == sizeof lines) return; /* nothing has so long a name */
  }
}

static void sold(cleat_waiter* waiter, const cleat_event* event) {
  struct sale* sale = (struct sale*)waiter;
  struct sale** place = &sale->plugin->sales;
  uint64_t room[16];
  cleat_builder message = cleat_into(room, 16);
  (void)event;
  while (*place != sale) place = &(*place)->next;
  *place = sale->next;
  cleat_set_u32(cleat_new_root(&message, acme_HaggleResults_shape), acme_HaggleResults_asked, sale->asked);
  if (sale->call) cleat_reply(sale->plugin->self, sale->call, CLEAT_OK, &message);
  close(sale->stream);
  free(sale);
}

static void haggle(struct plugin* plugin, const cleat_event* event) {
  const int stream = cleat_stream_of(event);
  struct sale* sale = stream >= 0 ? calloc(1, sizeof *sale) : NULL;
  if (!sale) {
    cleat_refuse(plugin->self, event->token, CLEAT_FAILED, 400, "BadRequest", "who haggles calls with a stream");
    if (stream >= 0) close(stream);
    return;
  }
  sale->waiter.come = sold;
  sale->plugin = plugin;
  sale->next = plugin->sales;
  plugin->sales = sale;
  sale->call = event->token;
  sale->stream = stream;
  memcpy(sale->sells, plugin->sells, sizeof sale->sells);
  sale->cents = plugin->cents;
  cleat_blocking(plugin->self, sell, sale, &sale->waiter);
}

/* The buyer does not wait any more: whoever sells to it is woken. */
static void cancelled(const struct plugin* plugin, uint64_t call) {
  struct sale* sale = plugin->sales;
  while (sale && sale->call != call) sale = sale->next;
  if (!sale) return;
  sale->call = 0;
  cleat_end_stream(sale->stream);
}

static void deliver(void* instance, const cleat_event* event) {
  struct plugin* plugin = instance;
  if (cleat_come(event)) return;
  if (event->type == CLEAT_EVENT_CANCEL) cancelled(plugin, event->token);
  if (event->type != CLEAT_EVENT_CALL) return;
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
  plugin->cents = (uint32_t)cleat_setting_integer(config, "cents", 100);
  *instance = plugin;
  cleat_ready(plugin->self);
  return CLEAT_OK;
}

/* What is still being sold ends with its stream; nobody is told of it any more. */
static void stop(void* instance) {
  struct plugin* plugin = instance;
  struct sale* sale;
  for (sale = plugin->sales; sale; sale = sale->next) cleat_end_stream(sale->stream);
  free(plugin);
}

CLEAT_C_PLUGIN(start, deliver, stop)
