// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "config/option.h"
#include "tests/unit/base/temporary_folder.h"

namespace weir::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const Locations kLocations{"/home/u", "/home/u/.local/share/weir", "/home/u/.config/weir"};

Result<Config> parse_text(std::string_view text, const LoadOptions& options = {}) {
  return parse(text, "/f/weir.toml", kLocations, options);
}

// "store.path", "\"x\"" -> a file with that key in its second line.
std::string file_with(std::string_view key, std::string_view value) {
  auto dot = key.find('.');
  return "[" + std::string(key.substr(0, dot)) + "]\n" + std::string(key.substr(dot + 1)) + " = " + std::string(value) +
         "\n";
}

// Each key with a value that it takes and how it is shown then, and values that it refuses.
struct KeyCase {
  std::string key, good, shown;
  std::vector<std::string> bad;
};

const std::vector<std::string> kBadDurations = {"\"15\"", "\"0s\"", "0", "-1", "true", "[1]"};
const std::vector<std::string> kBadCounts = {"-1", "1.5", "\"1\"", "true", "100000000"};
const std::vector<std::string> kBadBlocks = {"\"10.0.0.0/8\"", "[\"10.0.0.0/33\"]", "[\"x\"]", "[1]", "[[]]"};
const std::vector<std::string> kBadHosts = {"\"hf.co\"", "[\"*.hf.co\"]", "[\".hf.co\"]", "[1]", "[\"https://hf.co\"]"};

const KeyCase kKeyCases[] = {
    {"proxy.listen",
     "\"[::1]:80\"",
     "\"[::1]:80\"",
     {"\"localhost:80\"", "\"127.0.0.1\"", "\"127.0.0.1:65536\"", "9347", "\"0.0.0.0:1\""}},
    {"proxy.allow", "[\"10.0.0.0/8\"]", "[\"10.0.0.0/8\"]", kBadBlocks},
    {"proxy.admin_allow", "[\"10.0.0.1\"]", "[\"10.0.0.1/32\"]", kBadBlocks},
    {"proxy.workers", "3", "3", kBadCounts},
    {"proxy.users", "\"u\"", "\"/f/u\"", {"1", "true"}},
    {"proxy.tls", "true", "true", {"1", "\"yes\""}},
    {"endpoint.names", "[\"Weir\"]", "[\"weir\"]", {"\"weir\"", "[\"127.0.0.1\"]", "[\"a b\"]"}},
    {"endpoint.cert", "\"c\"\nkey = \"k\"\nnames = [\"w\"]", "\"/f/c\"", {"1", "\"c\""}},
    {"endpoint.key", "\"k\"\ncert = \"c\"\nnames = [\"w\"]", "\"/f/k\"", {"1", "\"k\""}},
    {"proxy.names", "[\"Weir\", \"a.b.\"]", "[\"weir\", \"a.b\"]", {"[]", "\"weir\"", "[\"127.0.0.1\"]", "[\"a b\"]"}},
    {"proxy.cert", "\"c\"\nkey = \"k\"", "\"/f/c\"", {"1", "\"c\""}},
    {"proxy.key", "\"k\"\ncert = \"c\"", "\"/f/k\"", {"1", "\"k\""}},
    {"proxy.access_log", "false", "false", {"0", "\"no\"", "[true]"}},
    {"store.path", "\"s\"", "\"/f/s\"", {"\"\"", "1", "[\"/s\"]", "\"a\\u0000b\""}},
    {"store.max_size", "\"2TiB\"", "\"2TiB\"", {"\"x\"", "-1", "true", "[]"}},
    {"store.min_free", "0", "\"0B\"", {"\"x\"", "-1", "true"}},
    {"store.eviction", "\"fifo\"", "\"fifo\"", {"\"random\"", "0", "[]"}},
    {"store.gc_schedule", "[\"03:30\"]", "[\"03:30\"]", {"\"03:30\"", "[\"24:00\"]", "[\"3\"]", "[1]"}},
    {"store.scrub", "0", "\"0B\"", {"\"x\"", "-1", "false"}},
    {"store.scrub_every", "\"7d\"", "\"7d\"", kBadDurations},
    {"ca.path", "\"~/ca\"", "\"/home/u/ca\"", {"\"\"", "true"}},
    {"ca.cert", "\"c\"\nkey = \"k\"", "\"/f/c\"", {"1", "\"c\""}},
    {"ca.key", "\"k\"\ncert = \"c\"", "\"/f/k\"", {"1", "\"k\""}},
    {"intercept.hosts", "[\"Hub.Example.\"]", "[\"hub.example\"]", {"[]", "\"hf.co\"", "[\"*.hf.co\"]", "[\"hf\"]"}},
    {"intercept.except", "[]", "[]", kBadHosts},
    {"tunnel.policy", "\"deny\"", "\"deny\"", {"\"drop\"", "true", "[]"}},
    {"tunnel.ports", "[443, 8443]", "[443, 8443]", {"443", "[0]", "[65536]", "[\"443\"]"}},
    {"tunnel.allow_private", "[\"192.168.0.0/16\"]", "[\"192.168.0.0/16\"]", kBadBlocks},
    {"origin.ca_file", "\"ca.pem\"", "\"/f/ca.pem\"", {"1", "[]"}},
    {"origin.proxy",
     "\"https://ann:s3@proxy.example:8443\"",
     "\"https://***@proxy.example:8443\"",
     {"\"\"", "\"direct\"", "\"proxy.example:3128\"", "\"socks5://proxy:1080\"", "\"http://proxy:0\"",
      "\"http://a b@proxy\"", "\"http://\"", "\"http://proxy/path\"", "true", "[]"}},
    {"origin.connect_to",
     "[\"::127.0.0.1:8443\"]",
     "[\"::127.0.0.1:8443\"]",
     {"\"::127.0.0.1:8443\"", "[\"hf.co:443\"]", "[1]"}},
    {"origin.address_timeout", "2", "\"2s\"", kBadDurations},
    {"origin.connect_timeout", "4.5", "\"4500ms\"", kBadDurations},
    {"origin.first_byte_timeout", "0", "\"0s\"", {"\"15\"", "-1", "true"}},
    {"origin.stall_timeout", "\"2m\"", "\"2m\"", kBadDurations},
    {"origin.idle_connections", "8", "8", {"0", "-1", "\"8\"", "100000000"}},
    {"fetch.finish_after_disconnect", "false", "false", {"1", "\"false\""}},
    {"fetch.max_retries", "0", "0", kBadCounts},
    {"fetch.retry_delay", "\"250ms\"", "\"250ms\"", kBadDurations},
    {"fetch.connections", "4", "4", {"0", "true", "65"}},
    {"fetch.max_fetches", "1", "1", {"0", "true"}},
    {"fetch.piece_size", "\"1MiB\"", "\"1MiB\"", {"\"1KiB\"", "\"2GiB\"", "\"x\""}},
    {"fetch.max_connections", "16", "16", {"0", "true", "1025"}},
    {"fetch.min_speed", "0", "\"0B\"", {"\"x\"", "-1", "true"}},
    {"fetch.stall_timeout", "\"3s\"", "\"3s\"", kBadDurations},
    {"fetch.max_rate", "\"20MB\"", "\"20000000B\"", {"\"x\"", "-1", "true"}},
    {"peer.share_private", "true", "true", {"\"true\"", "1"}},
    {"xet.mode", "\"pass\"", "\"pass\"", {"\"off\"", "false"}},
    {"access.ttl", "0", "\"0s\"", {"\"15\"", "-1", "true"}},
    {"access.anonymous_ttl", "\"1m\"", "\"1m\"", {"\"15\"", "-1", "true"}},
    {"access.offline_grace", "\"2d\"", "\"2d\"", {"\"15\"", "-1", "true"}},
    {"metadata.revision_ttl", "0", "\"0s\"", {"\"15\"", "-1", "true"}},
    {"metadata.max_answer", "\"1MiB\"", "\"1MiB\"", {"512", "\"2GiB\"", "\"x\""}},
    {"metadata.memory", "\"1MiB\"", "\"1MiB\"", {"512", "\"x\"", "true"}},
    {"metadata.max_answers", "1000", "1000", kBadCounts},
    {"metadata.max_files", "1000", "1000", {"-1", "1.5", "\"1\"", "true"}},
    {"offline.mode", "\"never\"", "\"never\"", {"\"on\"", "true", "0"}},
    {"offline.patience", "\"2s\"", "\"2s\"", kBadDurations},
    {"offline.probe_interval", "\"1s\"", "\"1s\"", kBadDurations},
    {"limits.connections", "5", "5", {"0", "-1", "\"5\""}},
    {"limits.password_checks", "3", "3", kBadCounts},
    {"limits.tunnels", "0", "0", kBadCounts},
    {"limits.head_bytes", "\"32KiB\"", "\"32KiB\"", {"512", "\"2MiB\"", "\"x\""}},
    {"limits.header_count", "64", "64", {"1", "20000"}},
    {"limits.head_timeout", "5", "\"5s\"", kBadDurations},
    {"limits.idle_timeout", "\"90s\"", "\"90s\"", kBadDurations},
    {"limits.write_timeout", "\"1h\"", "\"1h\"", kBadDurations},
    {"limits.tunnel_idle_timeout", "\"1d\"", "\"1d\"", kBadDurations},
    {"limits.shutdown_timeout", "0", "\"0s\"", {"\"15\"", "-1"}},
    {"log.level", "\"debug\"", "\"debug\"", {"\"verbose\"", "0", "[\"info\"]"}},
};

TEST(LoadTest, every_key_takes_its_good_value) {
  for (const auto& each : kKeyCases) {
    auto config = parse_text(file_with(each.key, each.good));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(find_option(each.key)->show(*config), each.shown) << each.key;
    EXPECT_NE(find_option(each.key)->show(default_config(kLocations)), each.shown)
        << "the case would not notice that " << each.key << " is ignored";
  }
}

TEST(LoadTest, every_key_refuses_its_bad_values_with_place_and_expectation) {
  for (const auto& each : kKeyCases) {
    for (const auto& value : each.bad) {
      auto config = parse_text(file_with(each.key, value));
      ASSERT_FALSE(config) << each.key << " = " << value;
      EXPECT_EQ(config.error().code, ErrorCode::invalid);
      EXPECT_THAT(config.error().message, StartsWith("/f/weir.toml:2: " + each.key + ": ")) << value;
      EXPECT_THAT(config.error().message, testing::AnyOf(HasSubstr("expected"), HasSubstr("write \"hf.co\" instead")))
          << value;
    }
  }
}

TEST(LoadTest, cases_above_are_complete) {
  std::set<std::string> tried;
  for (const auto& each : kKeyCases) tried.insert(each.key);
  for (const auto& option : options()) EXPECT_TRUE(tried.count(option.key)) << option.key;
}

TEST(LoadTest, an_origin_ca_file_is_relative_to_the_file_or_empty) {
  EXPECT_EQ(parse_text("origin.ca_file = \"hub/ca.pem\"")->origin.ca_file, "/f/hub/ca.pem");
  EXPECT_EQ(parse_text("origin.ca_file = \"\"")->origin.ca_file, "");
}

TEST(LoadTest, the_ca_covers_the_intercepted_hosts) {
  EXPECT_THAT(parse_text("intercept.hosts = [\"hub.example\"]")->ca.hosts, ElementsAre("hub.example"));
  EXPECT_EQ(default_config(kLocations).ca.hosts, default_config(kLocations).proxy.intercept.hosts);
}

TEST(LoadTest, unknown_names_are_errors_with_the_nearest_known_one) {
  struct {
    std::string text, says;
  } const cases[] = {{"\n[proxy]\n\nlisten_on = 1\n",
                      "/f/weir.toml:4: proxy.listen_on: expected a known key; the nearest is proxy.listen"},
                     {"[limit]\n", "/f/weir.toml:1: limit: expected a known section; the nearest is [limits]"},
                     {"listen = \"x\"\n", "/f/weir.toml:1: listen: expected a known key; the nearest is proxy.listen"},
                     {"[proxy]\n[proxy.listen]\n", "/f/weir.toml:2: proxy.listen: expected a numeric address"},
                     {"proxy = 1\n", "/f/weir.toml:1: proxy: expected a section [proxy]"},
                     {"[[proxy]]\nlisten = \"x\"\n", "/f/weir.toml:1: proxy: expected a section [proxy]"},
                     {"[\"a\\nb\"]\n", "/f/weir.toml:1: a\\x0ab: expected a known section"}};
  for (const auto& each : cases) {
    auto config = parse_text(each.text);
    ASSERT_FALSE(config) << each.text;
    EXPECT_THAT(config.error().message, StartsWith(each.says));
  }
}

TEST(LoadTest, what_is_no_toml_is_an_error_with_its_line) {
  auto config = parse_text("[proxy]\nlisten = \n");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, StartsWith("/f/weir.toml:2: expected TOML: "));
}

TEST(LoadTest, an_open_address_needs_allowed_clients) {
  auto config = parse_text("[proxy]\nlisten = \"0.0.0.0:9347\"\n");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message,
              AllOf(StartsWith("/f/weir.toml:2: proxy.listen: expected a loopback address"), HasSubstr("proxy.allow")));
  EXPECT_TRUE(parse_text("[proxy]\nlisten = \"0.0.0.0:9347\"\nallow = [\"10.0.0.0/8\"]\n"));
  EXPECT_TRUE(parse_text("[proxy]\nlisten = \"127.8.8.8:9347\"\n"));
}

TEST(LoadTest, passwords_do_not_travel_in_clear) {
  const std::string open = "[proxy]\nlisten = \"192.168.0.1:9347\"\nallow = [\"10.0.0.0/8\"]\nusers = \"u\"\n";
  auto config = parse_text(open);
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message,
              AllOf(StartsWith("/f/weir.toml:4: proxy.users: expected proxy.tls = true"), HasSubstr("in clear")));
  EXPECT_TRUE(parse_text(open + "tls = true\nnames = [\"weir.example.com\"]\n"));
  EXPECT_TRUE(parse_text("[proxy]\nusers = \"u\"\n"));
}

TEST(LoadTest, tls_for_others_needs_names_that_the_ca_signs_for) {
  const std::string open = "[proxy]\nlisten = \"0.0.0.0:9347\"\nallow = [\"10.0.0.0/8\"]\ntls = true\n";
  EXPECT_THAT(parse_text(open).error().message, StartsWith("/f/weir.toml:4: proxy.tls: expected proxy.names"));
  EXPECT_THAT(parse_text("[proxy]\ntls = true\ncert = \"c\"\nkey = \"k\"").error().message, HasSubstr("proxy.names"));
  EXPECT_TRUE(parse_text("[proxy]\ntls = true\ncert = \"c\"\nkey = \"k\"\nnames = [\"localhost\"]"));
  auto named = parse_text(open + "names = [\"weir.example.com\"]\n[intercept]\nhosts = [\"hub.example\"]\n");
  EXPECT_THAT(named->ca.hosts, ElementsAre("hub.example", "weir.example.com"));
  auto own = parse_text("[proxy]\ntls = true\nnames = [\"w.example\"]\ncert = \"c\"\nkey = \"k\"");
  EXPECT_EQ(own->ca.hosts, default_config(kLocations).proxy.intercept.hosts);
  EXPECT_THAT(parse_text("[proxy]\ntls = true\n")->ca.hosts, testing::Contains("localhost"));
}

TEST(LoadTest, the_endpoints_names_are_signed_for_unless_it_has_a_certificate) {
  auto named = parse_text("[endpoint]\nnames = [\"w.example\"]\n[intercept]\nhosts = [\"hub.example\"]\n");
  EXPECT_THAT(named->ca.hosts, ElementsAre("hub.example", "w.example"));
  const std::string pair = "[endpoint]\ncert = \"c\"\nkey = \"k\"\n";
  EXPECT_THAT(parse_text(pair).error().message, StartsWith("/f/weir.toml:2: endpoint.cert: expected endpoint.names"));
  auto own = parse_text(pair + "names = [\"w.example\"]\n");
  EXPECT_EQ(own->ca.hosts, default_config(kLocations).proxy.intercept.hosts);
  EXPECT_THAT(parse_text(pair + "names = [\"w.example\"]\n[proxy]\ntls = true\n").error().message,
              HasSubstr("proxy.cert"));
  EXPECT_THAT(parse_text("[proxy]\ntls = true\n[endpoint]\nnames = [\"w.example\"]\n")->ca.hosts,
              testing::IsSupersetOf({"localhost", "w.example"}));
}

TEST(LoadTest, the_command_line_wins_and_is_named_in_errors) {
  LoadOptions options{{}, {{"--listen", "proxy.listen", "127.0.0.1:1"}, {"--store", "store.path", "s"}}, "/cwd"};
  auto config = parse_text("[proxy]\nlisten = \"127.0.0.1:2\"\n", options);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->proxy.listen.listen.port, 1);
  EXPECT_EQ(config->store.root, "/cwd/s");

  EXPECT_THAT(parse_text("", {{}, {{"--listen", "proxy.listen", "x"}}, "/"}).error().message,
              StartsWith("--listen: expected a numeric address and a port"));
  EXPECT_THAT(parse_text("", {{}, {{"--listen", "proxy.listen", "0.0.0.0:1"}}, "/"}).error().message,
              StartsWith("--listen: expected a loopback address"));
}

TEST(LoadTest, reads_the_named_file_or_says_that_there_is_none) {
  TemporaryFolder temporary;
  const auto& folder = temporary.path();
  std::ofstream(folder / "w.toml") << "store.path = \"here\"\n";
  Environment environment{{"HOME", "/home/u"}, {"XDG_CONFIG_HOME", "/nowhere"}};

  auto config = load({"w.toml", {}, folder}, environment);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->store.root, folder / "here");
  EXPECT_EQ(config->file, folder / "w.toml");

  auto missing = load({"none.toml", {}, folder}, environment);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::invalid);
  EXPECT_THAT(missing.error().message, StartsWith((folder / "none.toml").string()));
}

}  // namespace
}  // namespace weir::config
