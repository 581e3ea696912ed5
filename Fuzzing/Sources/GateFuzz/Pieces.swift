import FuzzSupport

/// Of requests; those of one kind contradict each other.
let pieces = ReadyMade([
    "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", "HEAD /a?b HTTP/1.1\r\n", "PUT http://h/ HTTP/1.0\r\n",
    "OPTIONS * HTTP/1.1\r\n", "GET / HTTP/2.0\r\n", "BREW / HTTP/1.1\r\n", "\r\n", "\n", "\r", "Host: h\r\n",
    "host:[::1]:80\r\n", "Host: a b\r\n", "Content-Length: 5\r\n", "content-length: 0\r\n", "Content-Length: +5\r\n",
    "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "transfer-encoding: gzip;a=b\r\n",
    "Connection: close\r\n", "Connection: x, keep-alive\r\n", "Expect: 100-continue\r\n", "Expect: x\r\n", "X: y\r\n",
    "X : y\r\n", " z\r\n", ": y\r\n", "X: \u{7F}\r\n", "X:\u{FE}\t\r\n", "hello", "5\r\nhello\r\n",
    "5;a=\"b\"\r\nhello\r\n",
    "5 ;a\r\nhello\r\n", "5 \r\nhello\r\n", "0\r\n", "0\r\n\r\n",
    "ffffffffffffffff\r\n", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
])
