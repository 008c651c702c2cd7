% Everyday matrix algebra in Octave, done twice on fresh copies of the same data.
1;

function m = matrix_of (seed, rows, columns)
  randn ("state", seed);
  m = randn (rows, columns);
end

function p = positive (seed, n)
  g = matrix_of (seed, n, n);
  p = 4 * n * eye (n) + (g + g.');
end

function show (pass, name, value)
  value = value(:);
  bytes = typecast (double ([real(value); imag(value)]), "uint8");
  printf ("%d %s %s\n", pass, name, hash ("sha1", char (bytes.')));
end

n = 220;
for pass = 1:2
  show (pass, "product", matrix_of (1, n, n) * matrix_of (2, n, n));
  show (pass, "product'", matrix_of (3, n, n)' * matrix_of (4, n, n));
  g = matrix_of (5, n + 40, n);
  show (pass, "gram", g' * g);
  show (pass, "matvec", matrix_of (6, n, n) * matrix_of (7, n, 1));
  z = matrix_of (8, n, n) + 1i * matrix_of (9, n, n);
  show (pass, "complex", z * z);
  show (pass, "single", single (matrix_of (10, n, n)) * single (matrix_of (11, n, n)));
  show (pass, "solve", matrix_of (12, n, n) \ matrix_of (13, n, 3));
  show (pass, "solve-pos", positive (14, n) \ matrix_of (15, n, 3));
  show (pass, "least squares", matrix_of (16, n + 40, 100) \ matrix_of (17, n + 40, 2));
  show (pass, "inverse", inv (matrix_of (18, n, n)));
  [u, s, v] = svd (matrix_of (19, n, n));
  show (pass, "svd", [u, s, v]);
  [v, d] = eig (positive (20, n));
  show (pass, "eig", [v, d]);
  show (pass, "chol", chol (positive (21, n)));
  [l, u, p] = lu (matrix_of (22, n, n));
  show (pass, "lu", [l, u]);
  [q, r] = qr (matrix_of (23, n, 100), 0);
  show (pass, "qr", [q; r]);
end
