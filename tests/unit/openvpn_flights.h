/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First packets of OpenVPN 2.6.14 as it sent them on the loopback interface, in hexadecimal, with
 * the keys that it had: throw-away ones.
 */
#ifndef TESTS_UNIT_OPENVPN_FLIGHTS_H
#define TESTS_UNIT_OPENVPN_FLIGHTS_H

#include <stdbool.h>

/* clang-format off */
#define OPENVPN_TEST_GROUP_KEY \
    "6863e7ebd552d1e33348fba9b434ad91f70638b94e433708c8951c5a1baf2c768e02ea2d10b33600" \
    "93b6589b672f496ddc1912e1d07549adea03d6864b1de2974a631a1580f66c44a018b7478126f6cf" \
    "7a853413563058ffdcc2c81b8642b42e7b000b41d9877fd09178fe15cc4f3780c735fc3d6aa7cc61" \
    "172e3547712bd356698cb0b31d7ed46cf5137f42042bb040e75741d6d23a1a51b09c3b56bcad2649" \
    "d46b1b81dd91d219abdecd13b9e0dbc322130e58b9220bd65fdf549862d5038a0990b976577ff9d0" \
    "23a3768a7ad6f31884acd3e3085e25589b63238ad14775854875624367b60565103b13fd081890a3" \
    "35171f90a9cea7b7ff425dad3e42c5e0"

#define OPENVPN_TEST_SERVER_KEY \
    "xcXhq/vT6fnksTXPhjSKxvj0huAwaO25NP6LpVN7JHgJQCdmhOSnt6ubQ8FIO/0ahUUb9sui8DDujF3j" \
    "WaGYCSoZZbp9H6MJaxvU2TB/p1T7XdqYuoTV19TzKU6XqugxOt8vjUojk0Wga2gKTHczvyTQ4TQ6iS4r" \
    "y+rLINg+8oQ="

#define OPENVPN_TEST_CLIENT_KEY \
    "oVu+nAzaV2CrfWtZx90YPnivpocSo30yoL0dmElLxVj7vQfeZo/RUd+ZdSmZbiW5K+G+M8HoSKFjQzyJ" \
    "jRV6uho+tT8UuO3P0TIWS3p2EsIpc+ss89JxWnrt5ieXCiEvY74TfsSTQGjO/Dc8m/ObfCOj2WXL5d8z" \
    "bXQRYZ67F4BpwY/uTkO00+SChkzqR8Rg/URcAOMOT+Cr3n9ZkI8MtEoZp5CyojJJcdxS1fHUWOGKjbqM" \
    "+TYp4Yu8zTjuhsnp9+bYMEZQ9DAEX1oxWPX2VL5hFDgJzCduk/ifM1LXPZD+A8WFr4zTdZ9cLnaZZpcU" \
    "Gs26DEsSclscXolXiP29VpiAmJ/O5Xnr2zF4nBZvoPmaw7KN0dC5O+tTbsqtbwRcBB11cCGeZy3E49cz" \
    "ZKVQVCA8MYlVObMtFupjoRLLgcYvc/hch51M40HJYnf0S2xcfojA3SnNs++TW2PThlxY3nBD+gFeAi3g" \
    "kUT66P5Nib8/UbN83qN7Xj3zwhiQiTn0tOhEpOq3GH/uLojbfylkjCUAAmpg1DtzeTTOywcuVVnE0TdY" \
    "UnOsaa9kcTFoqISEJfFenQ4uN+2ODCQiiohOQ8BqpnpA7U015X+yM+ApR57jlOOmjG2AY58UWGbO5PTs" \
    "jEwq0ivFGWjcxVctAgu+cA2FlYX50JDNNSgfuFK/6bLXpiKZDZ3rY3vmkCSKBMOf7J5C+Ko9XnpLS9D7" \
    "DvxcmKUY2FIto5UB/wEr"

/* Made with the same server key, and remarks of its own. */
#define OPENVPN_TEST_OTHER_CLIENT_KEY \
    "AcDc52GhOpPR9lgNZbfstHB7D580uqCkV2KngAv8ODHrvE+Nlz9zZcyhrBZgl7qi6g8HfZXs7dQz5Obb" \
    "s539FDkUcWS/2VL9TGe4JlffuFWznYSHaX9sLNT9Y9+VmkB1iUWCvvufljQQxy/R/IYoDATRLV/rkrLY" \
    "wE3+ULWeTCCeu8uyfru4/lKQHM2Xu1MVw5129Y7tkBZCgDI4P+IRD/sBQlj47HMoRqjxtB0FAoSE0VFi" \
    "4JP5JKeqZhsLxwjhMn643EOe2JiYxpSLF208jwwoItB5Ars9Fomj7q8upWuvPzVlrqR5tPhbsXH6OjTr" \
    "walU13yUDle0Y2QzueSPAqh8mOolsmSUXXou591nUVSdMTbZFpOLTHNDhFmkC1SMEZvItNO5Ypxs4wrq" \
    "x6UYv756CsAb2gSNkix+CjxsG0KZ0fiqv8Xmpx+4KUsTkUIzHVr2m/dz80gouzzoEalp55DzyhGo3/aF" \
    "J9CsqwwHUn0JCt+E76vMBFtgjRYOyI2kGb4GMtLEL/sImhW4s1g0XIu/P+d+XG+BHgovVLB9WexLvNc8" \
    "9n0jLMOlN17HrFjcRKqiRwNj5DYwTcvDpcAjaC4AfGDT1GpNFR+NjnYwHj5R0MeD1K1JFdSXwPzg3UTQ" \
    "IjAcVd8eZnec25qcKs4Xxg8S9i9gZDwEtTccfHWT3k5M6guJRmzqFM0TA/NC+63SB5QH/bsDpGXQzT4/" \
    "cN0yRVGQaOi7uBKFhlUMm2FwmaL+HfRb8knlATk="

static const struct openvpn_flight {
	const char *name, *options;
	bool datagram;
	const char *hex;
} openvpn_flights[] = {
    {"plain", "", true,
	"38f11a97c4a392a4910000000000"},
    {"plain_tcp", "", false,
	"000e387175b9c30d86c8230000000000"},
    {"auth_sha1", "--tls-auth ta.key 1 --auth SHA1", true,
	"38beec5ae944b2115d7efdc31931b5af44f51b2fe75b4544025aa5c242000000016b0c3eb6000000"
	"0000"},
    {"auth_sha256", "--tls-auth ta.key 1 --auth SHA256", true,
	"387ddbf94544e93db67db8d894f8087dfd9e78ca146af5ab161cbd1b65aef2028c8cd4f202b6147b"
	"e8000000016b0c3eb60000000000"},
    {"auth_sha256_tcp", "--tls-auth ta.key 1 --auth SHA256", false,
	"00363810546b9a7bac4fbc2a8e5a837a79521e51e284371b4ecb5120a30f7a17934b46cbf0b3546e"
	"e52d3a000000016b0c3eb60000000000"},
    {"auth_sha256_inverse", "--tls-auth ta.key 0 --auth SHA256", true,
	"380d1ed10bda4e4dee354f21085c8af476ba5c8e185eb8ac1a8164cf5505a9a2180f3c1a1f590189"
	"33000000016b0c3eb60000000000"},
    {"auth_sha256_bidi", "--tls-auth ta.key --auth SHA256", true,
	"38a37e18e1286a2d689cd987083f8bb80c3e5f5ca511f8c6d20f3e0b8999dd46e126c8a7e6c73ab3"
	"18000000016b0c3eb60000000000"},
    {"auth_md5", "--tls-auth ta.key 1 --auth MD5", true,
	"38d265f4dcdba24eb8688b4b15eda349115a8c1b3159cad63a000000016b0c3eb60000000000"},
    {"auth_sha224", "--tls-auth ta.key 1 --auth SHA224", true,
	"38725aa69e240e6f3280da526cb48cba7a2634431f8ac977910d5e483c88e8e54dba6633cf000000"
	"016b0c3eb60000000000"},
    {"auth_sha384", "--tls-auth ta.key 1 --auth SHA384", true,
	"38c644619b0f41fa5afffbd643f5aa113afcf2f7967c7919ad532b0ab2a609235d3a8c5adc17b00e"
	"55cddd71bde251009de476021e6faa1a1e000000016b0c3eb60000000000"},
    {"auth_sha512", "--tls-auth ta.key 1 --auth SHA512", true,
	"3881b88264ab776a72b840d859202f80d6ce85d4d2fb524d47b5965c1d773fab04a3dbb08193d177"
	"005920f35c55ac85d49e91523d570f8a65f7d516f78a51a7fb36db9951e26bdba1000000016b0c3e"
	"b60000000000"},
    {"auth_sha512_224", "--tls-auth ta.key 1 --auth SHA512-224", true,
	"387d1daec9d0beca55b66ea9e444e34251c18a8d7d264bdd9d36b06e33d419fe589c98e3dc000000"
	"016b0c3eb70000000000"},
    {"auth_sha512_256", "--tls-auth ta.key 1 --auth SHA512-256", true,
	"38c8552f40ddd78dc66817327c326d4a14a7e7af21a937a4d72abe2a2fd62c2a59dafab8cf2d99f7"
	"83000000016b0c3eb70000000000"},
    {"auth_sha3_224", "--tls-auth ta.key 1 --auth SHA3-224", true,
	"38f0ee4f59cc60169c53bc2c1394ea83ce48a6631d3083aadaba28e445f5121354ef0b3a17000000"
	"016b0c3eb70000000000"},
    {"auth_sha3_256", "--tls-auth ta.key 1 --auth SHA3-256", true,
	"383b1eeee322f59a1eb04ded29848b666af36c724464aa20822d511885e79e10d1bf86c2e7aeb28d"
	"7a000000016b0c3eb70000000000"},
    {"auth_sha3_384", "--tls-auth ta.key 1 --auth SHA3-384", true,
	"380ae34b4a174c6cd7baa728a4fbc163a9a9d12961707d99bf5ae043eafb08b9b4f84bf803d4f572"
	"ca4654dd1d046f24eb92d886715834d66c000000016b0c3eb70000000000"},
    {"auth_sha3_512", "--tls-auth ta.key 1 --auth SHA3-512", true,
	"38741da25f66fa93fe7b9c5852659a6cb341ed5509b724bd731079cff12d571937dd591904404591"
	"f51e4d59b1823a853a04ec3e33300ff0c7aeac215872453ea62bbd87e2bc8b564f000000016b0c3e"
	"b70000000000"},
    {"auth_blake2b", "--tls-auth ta.key 1 --auth BLAKE2b512", true,
	"3852a3555e689553734d7fc70bf6e95f3703fae3285d6fd3b8d3996651dd175b422a4ac21eae3e04"
	"9ac2764ab428618ee758287ce075cf32e4cf203e9248f94823530284022df95af0000000016b0c3e"
	"b70000000000"},
    {"auth_blake2s", "--tls-auth ta.key 1 --auth BLAKE2s256", true,
	"387238785e636032fd94f79979d30d9eebcf5b6ad8e0d29c81f40e4f8b3263d71b03a2dbc0838a54"
	"2f000000016b0c3eb70000000000"},
    {"auth_md5_sha1", "--tls-auth ta.key 1 --auth MD5-SHA1", true,
	"386f60629c2b5138900547953ee2e90b70a4f4571373fcb881a4dc574930ec88eedf144e219856a9"
	"4195976eab000000016b0c3ec30000000000"},
    {"auth_ripemd160", "--tls-auth ta.key 1 --auth RIPEMD160", true,
	"38e5f3143e5061550502d0daf1fe5f6942f26fe073bfb15198f2ca0b01000000016b0c3ec3000000"
	"0000"},
    {"crypt", "--tls-crypt ta.key", true,
	"3896d85292ab2aab07000000016b0c3ec3f9d355fa6ea303e3c3a7eee4e7e5d49bbb7e91cbbd9256"
	"3cf39ffb6dd056ce1916cd2861f1"},
    {"crypt_tcp", "--tls-crypt ta.key", false,
	"0036383225feea38fd51a7000000016b0c3ec3cc34cc2f588786474f6b5e140ddecb65aa736c10d5"
	"92db072f0fbb6ee8109f8df23981487c"},
    {"crypt2", "--tls-crypt-v2 client.key", true,
	"50740cd4a565705c9e0f0000016b0c3ec32ba47ada8e1c72302b74eaa2edbed32001cb87d4fed368"
	"a3ae1b0bc27aef5906a2f790e6ae9880989fcee579ebdb31789c166fa0f99ac3b28dd1d0b93beb53"
	"6ecaad6f045c041d7570219e672dc4e3d73364a55054203c31895539b32d16ea63a112cb81c62f73"
	"f85c879d4ce341c96277f44b6c5c7e88c0dd29cdb3ef935b63d3865c58de7043fa015e022de09144"
	"fae8fe4d89bf3f51b37cdea37b5e3df3c218908939f4b4e844a4eab7187fee2e88db7f29648c2500"
	"026a60d43b737934cecb072e5559c4d137585273ac69af64713168a8848425f15e9d0e2e37ed8e0c"
	"24228a884e43c06aa67a40ed4d35e57fb233e029479ee394e3a68c6d80639f145866cee4f4ec8c4c"
	"2ad22bc51968dcc5572d020bbe700d859585f9d090cd35281fb852bfe9b2d7a622990d9deb637be6"
	"90248a04c39fec9e42f8aa3d5e7a4b4bd0fb0efc5c98a518d8522da39501ff012b"},
    {"crypt2_tcp", "--tls-crypt-v2 client.key", false,
	"016150b577998082d8a8400f0000016b0c3ec35d8774b573ab6ec3612c923c877d970c635ec6151a"
	"819f52a3a929ffdeab3dae979210ed8d9880989fcee579ebdb31789c166fa0f99ac3b28dd1d0b93b"
	"eb536ecaad6f045c041d7570219e672dc4e3d73364a55054203c31895539b32d16ea63a112cb81c6"
	"2f73f85c879d4ce341c96277f44b6c5c7e88c0dd29cdb3ef935b63d3865c58de7043fa015e022de0"
	"9144fae8fe4d89bf3f51b37cdea37b5e3df3c218908939f4b4e844a4eab7187fee2e88db7f29648c"
	"2500026a60d43b737934cecb072e5559c4d137585273ac69af64713168a8848425f15e9d0e2e37ed"
	"8e0c24228a884e43c06aa67a40ed4d35e57fb233e029479ee394e3a68c6d80639f145866cee4f4ec"
	"8c4c2ad22bc51968dcc5572d020bbe700d859585f9d090cd35281fb852bfe9b2d7a622990d9deb63"
	"7be690248a04c39fec9e42f8aa3d5e7a4b4bd0fb0efc5c98a518d8522da39501ff012b"},
    {"crypt2_meta", "--tls-crypt-v2 other.key", true,
	"50e9452be1be2cfcbb0f0000016b0c3ec3946703e0c310c69229694214d7e2d47360a2bcc880427d"
	"1ead41174c8167e1728c5f621783a87c98ea25b264945d7a2ee7dd6751549d3136d916938b4c7343"
	"8459a40b548c119bc8b4d3b9629c6ce30aeac7a518bfbe7a0ac01bda048d922c7e0a3c6c1b4299d1"
	"f8aabfc5e6a71fb8294b139142331d5af69bf773f34828bb3ce811a969e790f3ca11a8dff68527d0"
	"acab0c07527d090adf84efabcc045b608d160ec88da419be0632d2c42ffb089a15b8b358345c8bbf"
	"3fe77e5c6f811e0a2f54b07d59ec4bbcd73cf67d232cc3a5375ec7ac58dc44aaa2470363e436304d"
	"cbc3a5c023682e007c60d3d46a4d151f8d8e76301e3e51d0c783d4ad4915d497c0fce0dd44d02230"
	"1c55df1e66779cdb9a9c2ace17c60f12f62f60643c04b5371c7c7593de4e4cea0b89466cea14cd13"
	"03f342fbadd2079407fdbb03a465d0cd3e3f70dd3245519068e8bbb8128586550c9b617099a2fe1d"
	"f45bf249e50139"},
};
/* clang-format on */

#endif
