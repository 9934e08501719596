// SPDX-License-Identifier: Apache-2.0
#include "config/option.h"
#include "config/option_kinds.h"

namespace weir::config {
namespace {

constexpr int64_t kMany = 1'000'000;
constexpr uint64_t kMiB = 1ull << 20;
constexpr uint64_t kGiB = 1ull << 30;
constexpr uint64_t kEiB = 1ull << 60;

using Options = std::vector<Option>;

Item<std::string> host_item() {
  auto parse = [](const Scalar& scalar) -> Result<std::string> {
    const auto* text = std::get_if<std::string>(&scalar);
    if (!text) return fail(ErrorCode::invalid, "expected host names such as \"hf.co\"");
    return parse_host(*text);
  };
  return {"a list of host names such as [\"huggingface.co\", \"hf.co\"]", parse, toml_string};
}

// What clients may call a machine: one label will do.
Item<std::string> name_item() {
  auto parse = [](const Scalar& scalar) -> Result<std::string> {
    const auto* text = std::get_if<std::string>(&scalar);
    if (!text) return fail(ErrorCode::invalid, "expected names such as \"weir.example.com\"");
    return parse_machine_name(*text);
  };
  return {"a list of names such as [\"weir.example.com\", \"localhost\"]", parse, toml_string};
}

Item<Cidr> block_item() {
  std::string what = "a list of addresses or blocks of them such as [\"192.168.0.0/16\", \"fd00::/8\"]";
  auto parse = [what](const Scalar& scalar) -> Result<Cidr> {
    const auto* text = std::get_if<std::string>(&scalar);
    auto block = text ? Cidr::parse(*text) : std::nullopt;
    if (!block)
      return fail(ErrorCode::invalid, (text ? toml_string(*text) + ": " : std::string()) + "expected " + what);
    return *block;
  };
  return {what, parse, [](const Cidr& block) { return toml_string(block.text()); }};
}

Item<uint16_t> port_item() {
  std::string what = "a list of ports from 1 to 65535 such as [443, 8443]";
  auto parse = [what](const Scalar& scalar) -> Result<uint16_t> {
    const auto* port = std::get_if<int64_t>(&scalar);
    if (!port || *port < 1 || *port > 65535) return fail(ErrorCode::invalid, "expected " + what);
    return static_cast<uint16_t>(*port);
  };
  return {what, parse, [](const uint16_t& port) { return std::to_string(port); }};
}

Item<std::string> connect_to_item() {
  std::string what = "a list of \"HOST:PORT:ADDR:PORT\" such as [\"huggingface.co:443:127.0.0.1:8443\"]";
  auto parse = [what](const Scalar& scalar) -> Result<std::string> {
    const auto* text = std::get_if<std::string>(&scalar);
    if (!text || !is_connect_to(*text))
      return fail(ErrorCode::invalid, (text ? toml_string(*text) + ": " : std::string()) + "expected " + what);
    return *text;
  };
  return {what, parse, toml_string};
}

Option parent_option() {
  using Source = upstream::ProxySetting::Source;
  std::string what = R"("env", "none" or the URL of a proxy such as "http://proxy.example:3128", with user and )"
                     "password percent-encoded (%23 for #, %2F for /)";
  // The value may hold a password, so no message quotes it.
  auto set = [what](Config& config, const Value& value, const ValueContext&) -> Result<void> {
    const auto* text = scalar_of<std::string>(value);
    auto& proxy = config.origin.proxy;
    if (text && *text == "env") {
      proxy = {Source::environment, {}};
    } else if (text && *text == "none") {
      proxy = {Source::none, {}};
    } else if (text && is_proxy_url(*text)) {
      proxy = {Source::url, Secret(*text)};
    } else {
      return expected(what);
    }
    return {};
  };
  auto show = [](const Config& config) {
    const auto& proxy = config.origin.proxy;
    if (proxy.source == Source::url) return toml_string(without_password(proxy.url.reveal()));
    return toml_string(proxy.source == Source::none ? "none" : "env");
  };
  return {"origin.proxy", what,
          "A proxy to go through towards the hub, and for tunnels: its URL, none, or the one of HTTPS_PROXY or "
          "ALL_PROXY (env).  NO_PROXY and connect_to name what goes directly.",
          set, show};
}

Option proxy_names_option() {
  auto option = list_option<std::string>(
      {"proxy.names",
       "What clients call this proxy; weir env prints the first.  With proxy.tls Weir's CA signs for these names too: "
       "a new one needs a new CA."},
      name_item(), Empty::refused, [](auto& config) -> auto& { return config.proxy.listen.names; });
  option.set = [set = option.set](Config& config, const Value& value, const ValueContext& context) -> Result<void> {
    config.proxy_names_given = true;
    return set(config, value, context);
  };
  return option;
}

Option listen_option() {
  std::string what = "a numeric address and a port such as \"127.0.0.1:9347\" or \"[::1]:9347\"";
  auto set = [what](Config& config, const Value& value, const ValueContext&) -> Result<void> {
    const auto* text = scalar_of<std::string>(value);
    auto endpoint = text ? Endpoint::parse(*text) : std::nullopt;
    if (!endpoint) return expected(what);
    config.proxy.listen.listen = *endpoint;
    return {};
  };
  auto show = [](const Config& config) { return toml_string(config.proxy.listen.listen.text()); };
  return {"proxy.listen", what,
          "The address and port for everything: clients, and the status pages under /-/.  Port 0 takes any free one.  "
          "An address that is not loopback needs proxy.allow.",
          set, show};
}

void add_proxy(Options& all) {
  all.push_back(listen_option());
  all.push_back(reloadable(list_option<Cidr>(
      {"proxy.allow", "Clients that may use the proxy beside those on this machine; all others get a 403."},
      block_item(), Empty::taken, [](auto& config) -> auto& { return config.proxy.listen.allow; })));
  all.push_back(reloadable(list_option<Cidr>(
      {"proxy.admin_allow", "Who may read /-/status and /-/metrics beside those on this machine."}, block_item(),
      Empty::taken, [](auto& config) -> auto& { return config.proxy.listen.admin_allow; })));
  all.push_back(count_option(
      {"proxy.workers", "Threads that serve clients; 0 means one for each core."}, 0, 1024,
      [](auto& config) -> auto& { return config.proxy.listen.workers; }));
  all.push_back(reloadable(boolean_option(
      {"proxy.access_log", "Whether each request gets a line in the log."},
      [](auto& config) -> auto& { return config.proxy.access_log; })));
  all.push_back(reloadable(path_option(
      {"proxy.users",
       "A file of names and passwords (weir user add NAME): clients then have to give one of them.  It is its owner's "
       "alone (chmod 600), or root's for a group to read (chmod 640).  On an address that is not loopback this needs "
       "proxy.tls."},
      "the path of a file, or \"\"", Empty::taken, [](auto& config) -> auto& { return config.proxy.listen.users; })));
}

void add_proxy_tls(Options& all) {
  all.push_back(boolean_option(
      {"proxy.tls", "Whether clients speak TLS to the proxy itself: HTTPS_PROXY=https://NAME:PORT."},
      [](auto& config) -> auto& { return config.proxy.listen.tls; }));
  all.push_back(proxy_names_option());
  all.push_back(path_option(
      {"proxy.cert",
       "A certificate with its chain (PEM) for proxy.tls, in place of one of Weir's CA; \"\" means none."},
      "the path of a file with certificates, or \"\"", Empty::taken,
      [](auto& config) -> auto& { return config.proxy.listen.cert; }));
  all.push_back(path_option(
      {"proxy.key", "The key of proxy.cert (PEM)."}, "the path of a file with a key, or \"\"", Empty::taken,
      [](auto& config) -> auto& { return config.proxy.listen.key; }));
}

void add_endpoint(Options& all) {
  all.push_back(list_option<std::string>(
      {"endpoint.names",
       "What clients that have Weir for their hub call it under TLS, on the same port: HF_ENDPOINT=https://NAME:PORT; "
       "weir env --endpoint prints the first.  Weir's CA signs for these names too: a new one needs a new CA."},
      name_item(), Empty::taken, [](auto& config) -> auto& { return config.proxy.endpoint.names; }));
  all.push_back(path_option(
      {"endpoint.cert",
       "A certificate with its chain (PEM) for endpoint.names, in place of one of Weir's CA; \"\" means none."},
      "the path of a file with certificates, or \"\"", Empty::taken,
      [](auto& config) -> auto& { return config.proxy.endpoint.cert; }));
  all.push_back(path_option(
      {"endpoint.key", "The key of endpoint.cert (PEM)."}, "the path of a file with a key, or \"\"", Empty::taken,
      [](auto& config) -> auto& { return config.proxy.endpoint.key; }));
}

Item<cas::TimeOfDay> time_item() {
  std::string what = "a list of times of day from \"00:00\" to \"23:59\" such as [\"03:00\", \"15:30\"]";
  auto parse = [what](const Scalar& scalar) -> Result<cas::TimeOfDay> {
    const auto* text = std::get_if<std::string>(&scalar);
    auto time = text ? parse_time_of_day(*text) : std::nullopt;
    if (!time) return fail(ErrorCode::invalid, (text ? toml_string(*text) + ": " : std::string()) + "expected " + what);
    return *time;
  };
  auto show = [](const cas::TimeOfDay& time) {
    return toml_string(fmt::format("{:02}:{:02}", time.hour, time.minute));
  };
  return {what, parse, show};
}

void add_space(Options& all) {
  all.push_back(size_option(
      {"store.max_size",
       "What all files in the store may take together, those that are being downloaded included; 0 means no limit.  "
       "Files are removed to make room before new ones come."},
      0, kEiB, [](auto& config) -> auto& { return config.store.max_size; }));
  all.push_back(size_option(
      {"store.min_free",
       "What is to be left free on the store's file system: files are removed, and in the end downloads go past the "
       "store, before less is left; 0 means nothing."},
      0, kEiB, [](auto& config) -> auto& { return config.store.min_free; }));
  all.push_back(choice_option<cas::EvictionOrder>(
      {"store.eviction",
       "Which files go first: those that were used longest ago (lru), those that were stored first (fifo), or the "
       "largest.  Half-downloaded ones go before all; open and pinned ones never."},
      {{"lru", cas::EvictionOrder::lru},
       {"fifo", cas::EvictionOrder::fifo},
       {"large_first", cas::EvictionOrder::large_first}},
      [](auto& config) -> auto& { return config.store.eviction; }));
  all.push_back(list_option<cas::TimeOfDay>(
      {"store.gc_schedule", "Local times at which the store is brought under its limits, beside the need for room."},
      time_item(), Empty::taken, [](auto& config) -> auto& { return config.store.gc_schedule; }));
}

void add_scrub(Options& all) {
  all.push_back(size_option(
      {"store.scrub",
       "How many bytes a second are read to find what a failing disk did to the files in the store; 0 means that it is "
       "not looked for."},
      0, kEiB, [](auto& config) -> auto& { return config.store.scrub; }));
  all.push_back(duration_option(
      {"store.scrub_every", "How often all files are read that way."}, Zero::refused,
      [](auto& config) -> auto& { return config.store.scrub_every; }));
}

void add_folders(Options& all) {
  all.push_back(path_option(
      {"store.path",
       "The folder that keeps the files; the default follows XDG_DATA_HOME.  A relative path "
       "starts at this file's folder."},
      "the path of a folder", Empty::refused, [](auto& config) -> auto& { return config.store.root; }));
  add_space(all);
  add_scrub(all);
  all.push_back(path_option(
      {"ca.path",
       "The folder that keeps Weir's CA and its key, both made on first use; the default follows "
       "XDG_DATA_HOME."},
      "the path of a folder", Empty::refused, [](auto& config) -> auto& { return config.ca.folder; }));
  all.push_back(path_option(
      {"ca.cert",
       "A company's CA that signs in the place of Weir's own (PEM): it first, then who issued it and so on, with the "
       "root or without.  \"\" means none."},
      "the path of a file with certificates, or \"\"", Empty::taken,
      [](auto& config) -> auto& { return config.ca.company_certificates; }));
  all.push_back(path_option(
      {"ca.key", "The key of ca.cert (PEM, in the clear), which its owner alone may read."},
      "the path of a file with a private key, or \"\"", Empty::taken,
      [](auto& config) -> auto& { return config.ca.company_key; }));
}

void add_hosts(Options& all) {
  all.push_back(list_option<std::string>(
      {"intercept.hosts",
       "The hosts whose files are kept, each with everything under it.  Weir's CA may sign for these alone: a new name "
       "needs a new CA."},
      host_item(), Empty::refused, [](auto& config) -> auto& { return config.proxy.intercept.hosts; }));
  all.push_back(reloadable(list_option<std::string>(
      {"intercept.except", "Hosts under those that are not intercepted, each with everything under it."}, host_item(),
      Empty::taken, [](auto& config) -> auto& { return config.proxy.intercept.except; })));
}

void add_tunnel(Options& all) {
  all.push_back(reloadable(choice_option<proxy::TunnelPolicy>(
      {"tunnel.policy", "What becomes of all other hosts: passed through unread, or refused."},
      {{"allow", proxy::TunnelPolicy::allow}, {"deny", proxy::TunnelPolicy::deny}},
      [](auto& config) -> auto& { return config.proxy.tunnel.policy; })));
  all.push_back(reloadable(list_option<uint16_t>(
      {"tunnel.ports", "The ports that a tunnel may lead to."}, port_item(), Empty::taken,
      [](auto& config) -> auto& { return config.proxy.tunnel.ports; })));
  all.push_back(reloadable(list_option<Cidr>(
      {"tunnel.allow_private",
       "Loopback, private, link-local and other addresses off the open internet that Weir may connect to."},
      block_item(), Empty::taken, [](auto& config) -> auto& { return config.reach.allow_private; })));
}

void add_origin(Options& all) {
  all.push_back(path_option(
      {"origin.ca_file", "Certificates (PEM) that are trusted towards the hub beside the system's; \"\" means none."},
      "the path of a file with certificates, or \"\"", Empty::taken,
      [](auto& config) -> auto& { return config.origin.ca_file; }));
  all.push_back(list_option<std::string>(
      {"origin.connect_to",
       "Connections to lead elsewhere, as curl's --connect-to: an empty HOST and PORT stand for all."},
      connect_to_item(), Empty::taken, [](auto& config) -> auto& { return config.origin.connect_to; }));
  all.push_back(parent_option());
  all.push_back(duration_option(
      {"origin.address_timeout", "How long one address of the hub may leave a connection unanswered."}, Zero::refused,
      [](auto& config) -> auto& { return config.origin.address_timeout; }));
  all.push_back(duration_option(
      {"origin.connect_timeout",
       "How long a connection to the hub may take, with name, all its addresses and TLS; clients give up after 10 s."},
      Zero::refused, [](auto& config) -> auto& { return config.origin.connect_timeout; }));
  all.push_back(duration_option(
      {"origin.first_byte_timeout",
       "How long the hub may think about an answer once it is connected; 0 means no limit."},
      Zero::taken, [](auto& config) -> auto& { return config.origin.first_byte_timeout; }));
  all.push_back(duration_option(
      {"origin.stall_timeout", "A body that is slower than 1 KiB/s for so long is broken off."}, Zero::refused,
      [](auto& config) -> auto& { return config.origin.stall_timeout; }));
  all.push_back(count_option(
      {"origin.idle_connections", "Connections to the origin that each worker keeps for reuse."}, 1, 10'000,
      [](auto& config) -> auto& { return config.origin.idle_connections; }));
}

void add_fetch(Options& all) {
  all.push_back(reloadable(boolean_option(
      {"fetch.finish_after_disconnect", "Whether a download into the store goes on when its last client has left."},
      [](auto& config) -> auto& { return config.fetch.finish_after_disconnect; })));
  all.push_back(reloadable(count_option(
      {"fetch.max_retries", "Attempts in a row without a byte before a download fails."}, 0, 1000,
      [](auto& config) -> auto& { return config.fetch.max_retries; })));
  all.push_back(reloadable(duration_option(
      {"fetch.retry_delay", "The wait before the first retry; each further one doubles it."}, Zero::refused,
      [](auto& config) -> auto& { return config.fetch.retry_delay; })));
  all.push_back(reloadable(count_option(
      {"fetch.connections", "Connections for one file, where clients read it in several places at the same time."}, 1,
      64, [](auto& config) -> auto& { return config.fetch.connections; })));
  all.push_back(reloadable(count_option(
      {"fetch.max_fetches", "Files that are downloaded at the same time; more wait."}, 1, kMany,
      [](auto& config) -> auto& { return config.fetch.max_fetches; })));
}

void add_fetch_from_sources(Options& all) {
  all.push_back(reloadable(size_option(
      {"fetch.piece_size", "How much one source is asked for at a time, where a file comes from several ([[source]])."},
      64 << 10, kGiB, [](auto& config) -> auto& { return config.fetch.piece_size; })));
  all.push_back(reloadable(count_option(
      {"fetch.max_connections", "Connections for one file to all its sources together."}, 1, 1024,
      [](auto& config) -> auto& { return config.fetch.max_connections; })));
  all.push_back(reloadable(size_option(
      {"fetch.min_speed",
       "A source keeps its second and further connections to a file while each brings so many bytes a second; 0 means "
       "always."},
      0, kEiB, [](auto& config) -> auto& { return config.fetch.min_speed; })));
  all.push_back(reloadable(duration_option(
      {"fetch.stall_timeout", "A connection without a byte for so long gives its piece to another source."},
      Zero::refused, [](auto& config) -> auto& { return config.fetch.stall_timeout; })));
  all.push_back(reloadable(size_option(
      {"fetch.max_rate", "Bytes a second that all downloads into the store take together; 0 means no limit."}, 0, kEiB,
      [](auto& config) -> auto& { return config.fetch.max_rate; })));
}

void add_peer(Options& all) {
  all.push_back(reloadable(boolean_option(
      {"peer.share_private",
       "Whether the Weirs that this one is paired with (weir peer) also get, and are asked for, files that the hub "
       "does "
       "not give to everybody."},
      [](auto& config) -> auto& { return config.proxy.peer.share_private; })));
}

void add_xet(Options& all) {
  all.push_back(reloadable(choice_option<proxy::XetMode>(
      {"xet.mode",
       "Whether clients are kept on plain HTTP, whose files Weir can keep (strip), or may use the Xet servers, past "
       "the "
       "store (pass)."},
      {{"strip", proxy::XetMode::strip}, {"pass", proxy::XetMode::pass}},
      [](auto& config) -> auto& { return config.proxy.xet; })));
}

void add_access(Options& all) {
  all.push_back(duration_option(
      {"access.ttl",
       "How long the hub's yes to a client's token holds for further files of the same repository; 0 means that the "
       "hub is asked about each request."},
      Zero::taken, [](auto& config) -> auto& { return config.memory.access.ttl; }));
  all.push_back(duration_option(
      {"access.anonymous_ttl", "The same for clients without a token."}, Zero::taken,
      [](auto& config) -> auto& { return config.memory.access.anonymous_ttl; }));
  all.push_back(duration_option(
      {"access.offline_grace",
       "How long the yes to a token holds while the hub cannot be asked.  What anybody could read is served all the "
       "time."},
      Zero::taken, [](auto& config) -> auto& { return config.memory.access.offline_grace; }));
}

void add_metadata(Options& all) {
  all.push_back(duration_option(
      {"metadata.revision_ttl",
       "How long it is remembered which commit a branch or tag is, and what else may change; 0 means that the hub is "
       "asked each time.  What is said of a commit is kept for good."},
      Zero::taken, [](auto& config) -> auto& { return config.memory.metadata.revision_ttl; }));
  all.push_back(size_option(
      {"metadata.max_answer", "A listing above this size is not remembered."}, 1024, kGiB,
      [](auto& config) -> auto& { return config.memory.metadata.max_answer; }));
  all.push_back(size_option(
      {"metadata.memory", "Listings that are kept in memory beside the disk."}, kMiB, kGiB * 64,
      [](auto& config) -> auto& { return config.memory.metadata.memory; }));
  all.push_back(count_option(
      {"metadata.max_answers", "Listings that are remembered; the oldest go first."}, 100, kMany,
      [](auto& config) -> auto& { return config.memory.metadata.max_answers; }));
  all.push_back(count_option(
      {"metadata.max_files", "Files of commits that are remembered; the oldest go first."}, 100, kMany * 10,
      [](auto& config) -> auto& { return config.memory.metadata.max_files; }));
}

void add_offline(Options& all) {
  all.push_back(choice_option<hub::OfflineMode>(
      {"offline.mode",
       "While the hub cannot be reached, what is held and remembered is served (auto).  The hub is never asked "
       "(always), or nothing stands in for its answers (never)."},
      {{"auto", hub::OfflineMode::automatic}, {"always", hub::OfflineMode::always}, {"never", hub::OfflineMode::never}},
      [](auto& config) -> auto& { return config.memory.offline.mode; }));
  all.push_back(duration_option(
      {"offline.patience", "How long the hub may take to answer where what is held could be served instead."},
      Zero::refused, [](auto& config) -> auto& { return config.memory.offline.patience; }));
  all.push_back(duration_option(
      {"offline.probe_interval", "How often a hub that could not be reached is asked again."}, Zero::refused,
      [](auto& config) -> auto& { return config.memory.offline.probe_interval; }));
}

void add_limits(Options& all) {
  all.push_back(reloadable(count_option(
      {"limits.connections", "Clients' connections; more are closed at once."}, 1, kMany,
      [](auto& config) -> auto& { return config.proxy.limits.connections; })));
  all.push_back(reloadable(count_option(
      {"limits.tunnels", "Tunnels at the same time; more are refused with a 503."}, 0, kMany,
      [](auto& config) -> auto& { return config.proxy.limits.tunnels; })));
  all.push_back(reloadable(count_option(
      {"limits.password_checks", "Different passwords that wait to be checked; more are refused with a 503."}, 1, kMany,
      [](auto& config) -> auto& { return config.proxy.limits.password_checks; })));
  all.push_back(reloadable(size_option(
      {"limits.head_bytes", "The head of a request."}, 1024, kMiB,
      [](auto& config) -> auto& { return config.proxy.limits.head_bytes; })));
  all.push_back(reloadable(count_option(
      {"limits.header_count", "Header fields in a request."}, 16, 10'000,
      [](auto& config) -> auto& { return config.proxy.limits.header_count; })));
  all.push_back(reloadable(duration_option(
      {"limits.head_timeout", "From the first byte of a request's head to its end, and for a TLS handshake."},
      Zero::refused, [](auto& config) -> auto& { return config.proxy.limits.head_timeout; })));
  all.push_back(reloadable(duration_option(
      {"limits.idle_timeout", "How long a connection may stay open without a request."}, Zero::refused,
      [](auto& config) -> auto& { return config.proxy.limits.idle_timeout; })));
  all.push_back(reloadable(duration_option(
      {"limits.write_timeout", "A client that takes no byte for so long is let go."}, Zero::refused,
      [](auto& config) -> auto& { return config.proxy.limits.write_timeout; })));
  all.push_back(reloadable(duration_option(
      {"limits.tunnel_idle_timeout", "A tunnel without a byte in either direction for so long is closed."},
      Zero::refused, [](auto& config) -> auto& { return config.proxy.limits.tunnel_idle_timeout; })));
  all.push_back(reloadable(duration_option(
      {"limits.shutdown_timeout",
       "What running transfers get when Weir is told to end; 0 cuts them at once. Docker kills after 10 s."},
      Zero::taken, [](auto& config) -> auto& { return config.proxy.limits.shutdown_timeout; })));
}

void add_log(Options& all) {
  all.push_back(reloadable(choice_option<log::Level>(
      {"log.level", "The least important lines that are still logged."},
      {{"debug", log::Level::debug},
       {"info", log::Level::info},
       {"warning", log::Level::warning},
       {"error", log::Level::error},
       {"off", log::Level::off}},
      [](auto& config) -> auto& { return config.log_level; })));
}

Options make_options() {
  Options all;
  add_proxy(all);
  add_proxy_tls(all);
  add_endpoint(all);
  add_folders(all);
  add_hosts(all);
  add_tunnel(all);
  add_origin(all);
  add_fetch(all);
  add_fetch_from_sources(all);
  add_peer(all);
  add_xet(all);
  add_access(all);
  add_metadata(all);
  add_offline(all);
  add_limits(all);
  add_log(all);
  return all;
}

}  // namespace

const std::vector<Option>& options() {
  static const Options all = make_options();
  return all;
}

const std::vector<Section>& sections() {
  static const std::vector<Section> all = {{"proxy", "Where Weir listens, and to whom."},
                                           {"endpoint", "Weir as the hub itself, over TLS (HF_ENDPOINT)."},
                                           {"store", "Where the files are kept."},
                                           {"ca", "The certificate authority that clients trust."},
                                           {"intercept", "Which hosts' traffic is read and kept."},
                                           {"tunnel", "All other hosts."},
                                           {"origin", "How the hub is reached."},
                                           {"fetch", "How missing files are downloaded."},
                                           {"peer", "Other Weirs that this one is paired with."},
                                           {"xet", "Hugging Face's chunked transfer."},
                                           {"access", "How long the hub's permissions hold."},
                                           {"metadata", "What the hub said of its repositories, remembered."},
                                           {"offline", "What happens while the hub cannot be reached."},
                                           {"limits", "Bounds on what clients may take."},
                                           {"log", "What goes to stderr."}};
  return all;
}

const Option* find_option(std::string_view key) {
  auto found =
      std::find_if(options().begin(), options().end(), [&](const Option& option) { return option.key == key; });
  return found == options().end() ? nullptr : &*found;
}

}  // namespace weir::config
