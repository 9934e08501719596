// SPDX-License-Identifier: Apache-2.0
// All that exchanges work with, on the test's own loop and in a folder of its own.  Nothing runs but the disk pool.
#pragma once

#include <memory>
#include <string>

#include "proxy/peer_access.h"
#include "proxy/services.h"
#include "tests/unit/base/temporary_folder.h"
#include "tests/unit/proxy/tls_client.h"

namespace weir::proxy {

struct WorkerFixture {
  WorkerFixture();
  ~WorkerFixture();

  Loop loop;
  TlsFixture tls;
  TemporaryFolder folder;
  Options options;
  std::shared_ptr<const Settings> settings = std::make_shared<Settings>(options);
  std::string pseudonym = "weir-test";
  std::unique_ptr<DiskPool> disk = std::make_unique<DiskPool>(1);
  std::unique_ptr<cas::BlobStore> store;
  std::unique_ptr<hub::Catalog> catalog;
  std::unique_ptr<hub::HubMemory> memory;
  QuestionQueue questions;
  hub::HostRoles roles;
  hub::IssuedUrls issued;
  Counters counters;
  upstream::AddressPolicy addresses{{}, Endpoint{}};
  std::unique_ptr<upstream::FetchTable> fetches;
  upstream::OriginClient origin{loop, {}, "", addresses};
  upstream::Dialler dialler{loop, {}, addresses};
  AccessLog access_log{loop};
  std::unique_ptr<PeerAccess> peers;
  std::unique_ptr<Services> services;
  std::unique_ptr<WorkerContext> context;
};

}  // namespace weir::proxy
