// SPDX-License-Identifier: Apache-2.0
#include "config/sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "config/load.h"
#include "config/option.h"

namespace weir::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using upstream::SourceKind;

const Locations kLocations{"/home/u", "/home/u/.local/share/weir", "/home/u/.config/weir"};
const std::string kStorj =
    "[[source]]\nkind = \"storj\"\nprefix = \"https://link.storjshare.io/raw/jwsecret/bucket/\"\n";
const std::string kMirror = "[[source]]\nkind = \"mirror\"\nendpoint = \"https://mirror.test\"\n";
const std::string kPeer = "[[source]]\nkind = \"peer\"\nhost = \"weir.test\"\n";

Result<Config> read(const std::string& text) {
  return parse(text, "/f/weir.toml", kLocations);
}

std::string error_of(const std::string& text) {
  auto config = read(text);
  EXPECT_FALSE(config) << text;
  return config ? "" : config.error().message;
}

TEST(SourcesTest, the_origin_is_there_without_being_named) {
  auto config = read("[fetch]\nconnections = 3\n").value();
  ASSERT_EQ(config.sources.size(), 1U);
  auto expected = upstream::origin_source();
  expected.parallelism = 3;
  EXPECT_EQ(config.sources[0], expected);
  EXPECT_TRUE(expected.trusted);
}

TEST(SourcesTest, the_origin_can_be_limited_and_stays_first) {
  auto config = read(kMirror + "[[source]]\nkind = \"origin\"\nrate = \"20MB\"\nparallelism = 2\nenabled = false\n");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->sources.size(), 2U);
  EXPECT_EQ(config->sources[0].name, "origin");
  EXPECT_EQ(config->sources[0].rate, 20'000'000U);
  EXPECT_EQ(config->sources[0].parallelism, 2U);
  EXPECT_FALSE(config->sources[0].enabled);
}

TEST(SourcesTest, each_kind_has_its_defaults) {
  auto config = read(kMirror + kStorj + kPeer).value();
  const auto& mirror = config.sources[1];
  EXPECT_EQ(mirror.kind, SourceKind::mirror);
  EXPECT_EQ(mirror.name, "mirror.test");
  EXPECT_EQ(mirror.url.reveal(), "https://mirror.test");
  EXPECT_EQ(mirror.parallelism, 8U);
  EXPECT_TRUE(mirror.enabled);
  EXPECT_FALSE(mirror.trusted || mirror.send_token || mirror.share_private);
  EXPECT_EQ(mirror.rate, 0U);
  const auto& storj = config.sources[2];
  EXPECT_EQ(storj.kind, SourceKind::storj);
  EXPECT_EQ(storj.name, "link.storjshare.io");
  EXPECT_EQ(storj.place, "link.storjshare.io");
  EXPECT_EQ(storj.url.reveal(), "https://link.storjshare.io/raw/jwsecret/bucket");
  EXPECT_EQ(storj.url_template, "{prefix}/{sha256}");
  EXPECT_EQ(storj.parallelism, 16U);
  const auto& peer = config.sources[3];
  EXPECT_EQ(peer.kind, SourceKind::peer);
  EXPECT_EQ(peer.name, "weir.test");
  EXPECT_EQ(peer.place, "weir.test:9347");
  EXPECT_EQ(peer.url.reveal(), "https://weir.test:9347");
}

TEST(SourcesTest, every_key_is_taken) {
  auto config = read(kMirror +
                     "name = \"eu\"\nparallelism = 3\nrate = 1000\nenabled = false\ntrusted = true\n"
                     "send_token = true\nshare_private = true\n" +
                     kStorj + "template = \"{prefix}{cdn_path}\"\n")
                    .value();
  const auto& mirror = config.sources[1];
  EXPECT_EQ(mirror.name, "eu");
  EXPECT_EQ(mirror.parallelism, 3U);
  EXPECT_EQ(mirror.rate, 1000U);
  EXPECT_FALSE(mirror.enabled);
  EXPECT_TRUE(mirror.trusted && mirror.send_token && mirror.share_private);
  EXPECT_EQ(config.sources[2].url_template, "{prefix}{cdn_path}");
}

struct BadCase {
  std::string text;
  std::string says;
};

TEST(SourcesTest, what_is_wrong_is_said_with_its_line) {
  const BadCase cases[] = {
      {"[source]\nkind = \"storj\"\n", "/f/weir.toml:1: source: expected [[source]], in two pairs of brackets"},
      {"source = 1\n", "/f/weir.toml:1: source: expected [[source]]"},
      {"source = []\n", "/f/weir.toml:1: source: expected [[source]]"},
      {"[[sources]]\nkind = \"storj\"\n", "/f/weir.toml:1: sources: expected a known"},
      {"\n[[source]]\nname = \"a\"\n", "/f/weir.toml:2: source.kind: expected \"mirror\", \"storj\""},
      {"[[source]]\nkind = \"ftp\"\n", "/f/weir.toml:2: source.kind: expected \"mirror\""},
      {"[[source]]\nkind = 1\n", "/f/weir.toml:2: source.kind: expected \"mirror\""},
      {"[[source]]\nkind = \"mirror\"\n", "/f/weir.toml:1: source.endpoint: expected it in a source of kind mirror"},
      {"[[source]]\nkind = \"storj\"\n", "/f/weir.toml:1: source.prefix: expected it in a source of kind storj"},
      {"[[source]]\nkind = \"peer\"\n", "/f/weir.toml:1: source.host: expected it in a source of kind peer"},
      {kMirror + "prefix = \"https://a.test\"\n",
       "/f/weir.toml:4: source.prefix: expected a key of a source of kind mirror: name, kind, endpoint, parallelism"},
      {kMirror + "speed = 1\n", "/f/weir.toml:4: source.speed: expected a key of a source of kind mirror"},
      {kMirror + "\"a\\nb\" = 1\n", "/f/weir.toml:4: source.a\\x0ab: expected a key"},
      {kMirror + "[source.more]\nx = 1\n", "/f/weir.toml:4: source.more: expected a key"},
      {kStorj + "send_token = true\n", "/f/weir.toml:4: source.send_token: expected a key of a source of kind storj"},
      {"[[source]]\nkind = \"origin\"\ntrusted = false\n", "/f/weir.toml:3: source.trusted: expected a key"},
      {kMirror + "parallelism = 0\n", "/f/weir.toml:4: source.parallelism: expected a whole number from 1 to 64"},
      {kMirror + "parallelism = \"8\"\n", "/f/weir.toml:4: source.parallelism: expected a whole number"},
      {kMirror + "rate = \"fast\"\n", "/f/weir.toml:4: source.rate: expected a size"},
      {kMirror + "trusted = 1\n", "/f/weir.toml:4: source.trusted: expected true or false"},
      {kMirror + "name = \"a b\"\n", "/f/weir.toml:4: source.name: expected letters, digits"},
      {kMirror + "name = \"origin\"\n", "/f/weir.toml:4: source.name: expected letters"},
      {kMirror + "name = \"" + std::string(65, 'a') + "\"\n", "/f/weir.toml:4: source.name: expected letters"},
      {kMirror + kMirror,
       "/f/weir.toml:4: source.name: expected a name of its own; another source is called "
       "\"mirror.test\" too"},
      {"[[source]]\nkind = \"origin\"\n[[source]]\nkind = \"origin\"\n",
       "/f/weir.toml:4: source.kind: expected one [[source]] of kind origin"},
      {"[[source]]\nkind = \"peer\"\nhost = \"https://a.test\"\n", "/f/weir.toml:3: source.host: expected \"HOST\""},
      {kStorj + "template = \"{prefix}/x\"\n", "/f/weir.toml:4: source.template: expected \"{prefix}\" and a path"},
      {kStorj + "template = \"{prefix}.evil.test/{sha256}\"\n", "/f/weir.toml:4: source.template: expected"},
      {kStorj + "template = \"https://a.test/{sha256}\"\n", "/f/weir.toml:4: source.template: expected"},
      {kStorj + "template = \"{prefix}/{sha256}/{name}\"\n", "/f/weir.toml:4: source.template: expected"},
      {kStorj + "template = \"{prefix}/{sha256} x\"\n", "/f/weir.toml:4: source.template: expected"}};
  for (const auto& each : cases) EXPECT_THAT(error_of(each.text), StartsWith(each.says)) << each.text;
}

TEST(SourcesTest, no_message_quotes_a_url) {
  for (const auto* url : {"https://a.test/jwsecret?x=1", "ftp://a.test/jwsecret", "http://a.test/jwsecret",
                          "https://u:jwsecret@a.test/", "jwsecret", "https://a.test/jwsecret#x"}) {
    auto message = error_of("[[source]]\nkind = \"storj\"\nprefix = \"" + std::string(url) + "\"\n");
    EXPECT_THAT(message, AllOf(StartsWith("/f/weir.toml:3: source.prefix: expected "), Not(HasSubstr("jwsecret"))));
  }
}

TEST(SourcesTest, http_is_for_addresses_near_by_that_are_allowed) {
  auto source = [](const std::string& url) { return "[[source]]\nkind = \"storj\"\nprefix = \"" + url + "\"\n"; };
  const std::string allowed = "[tunnel]\nallow_private = [\"127.0.0.1\", \"8.8.8.8\"]\n";
  EXPECT_TRUE(read(source("http://127.0.0.1:8080/blobs") + allowed));
  for (const auto& text : {source("http://127.0.0.1:8080/blobs"), source("http://8.8.8.8/") + allowed,
                           source("http://localhost/") + allowed, source("http://10.0.0.1/") + allowed})
    EXPECT_THAT(error_of(text), HasSubstr("expected https://; http:// is for numeric loopback and private addresses "
                                          "that tunnel.allow_private names"));
  EXPECT_TRUE(read(source("https://10.0.0.1/")));
}

TEST(SourcesTest, what_is_in_force_shows_no_secret) {
  auto text = effective_file(read(kStorj + "template = \"{prefix}/{sha256}?token=jwtoken\"\n" + kPeer).value());
  EXPECT_THAT(text, AllOf(HasSubstr("kind = \"origin\""), HasSubstr("prefix = \"https://link.storjshare.io/***\""),
                          HasSubstr("template = \"{prefix}/{sha256}?***\""), HasSubstr("host = \"weir.test:9347\""),
                          Not(HasSubstr("jw"))));
  auto again = read(text);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(effective_file(*again), text);
}

TEST(SourcesTest, the_examples_of_the_documented_file_work) {
  std::string text;
  auto example = example_file();
  const std::regex line("^#   (.*)$", std::regex::multiline);
  for (std::sregex_iterator each(example.begin(), example.end(), line), end; each != end; ++each)
    text += (*each)[1].str() + "\n";
  auto config = read(text);
  ASSERT_TRUE(config) << config.error().message << "\n" << text;
  EXPECT_EQ(config->sources.size(), 5U);
  for (const auto& key : source_keys()) EXPECT_THAT(example, HasSubstr("# " + key.name + ": ")) << key.name;
}

TEST(SourcesTest, the_environment_switches_storj_off) {
  auto config = read(kStorj + kMirror).value();
  EXPECT_TRUE(apply_no_storj(config, "false"));
  EXPECT_TRUE(config.sources[1].enabled);
  EXPECT_TRUE(apply_no_storj(config, "true"));
  EXPECT_FALSE(config.sources[1].enabled);
  EXPECT_TRUE(config.sources[2].enabled);
  EXPECT_EQ(apply_no_storj(config, "yes").error().message, "WEIR_NO_STORJ: expected true or false");
}

TEST(SourcesTest, the_environment_is_asked_when_a_file_is_loaded) {
  auto file = std::filesystem::path(testing::TempDir()) / "weir-sources.toml";
  std::ofstream(file) << kStorj;
  Environment environment{{"HOME", "/home/u"}, {"WEIR_NO_STORJ", "true"}};
  auto config = load({file, {}, "/"}, environment);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_FALSE(config->sources[1].enabled);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace weir::config
