! BLAS and LAPACK by their Fortran names, each step done twice on fresh copies of the same data.
module data
  implicit none
  integer, parameter :: n = 220, k = 180, r = 3
  integer(8) :: state
contains
  subroutine fill(s, a)
    integer, intent(in) :: s
    real(8), intent(out) :: a(:, :)
    integer :: i, j
    state = int(s, 8) * 2654435761_8 + 12345_8
    do j = 1, size(a, 2)
      do i = 1, size(a, 1)
        state = modulo(state * 1103515245_8 + 12345_8, 2147483648_8)
        a(i, j) = real(state, 8) / 1073741824.0_8 - 1.0_8
      end do
    end do
  end subroutine

  subroutine fill_positive(s, a)
    integer, intent(in) :: s
    real(8), intent(out) :: a(:, :)
    integer :: i
    call fill(s, a)
    a = a + transpose(a)
    do i = 1, size(a, 1)
      a(i, i) = a(i, i) + 4 * size(a, 1)
    end do
  end subroutine

  ! Four interleaved exclusive-ors of the bits stand for all of them; printed in hexadecimal.
  subroutine show(pass, name, a)
    integer, intent(in) :: pass
    character(*), intent(in) :: name
    real(8), intent(in) :: a(:, :)
    integer(8) :: bits, sums(0:3)
    integer :: i, j, at
    sums = 0
    at = 0
    do j = 1, size(a, 2)
      do i = 1, size(a, 1)
        bits = transfer(a(i, j), bits)
        sums(modulo(at, 4)) = ieor(ishftc(sums(modulo(at, 4)), 7), bits)
        at = at + 1
      end do
    end do
    write (*, '(i1, 1x, a, 4(1x, z16.16))') pass, name, sums
  end subroutine
end module

program fortran_linalg
  use data
  implicit none
  integer :: pass
  do pass = 1, 2
    call blas_steps(pass)
    call lapack_steps(pass)
  end do
contains
  subroutine blas_steps(pass)
    integer, intent(in) :: pass
    real(8) :: a(n, n), b(n, n), c(n + 5, n), x(n, 1), y(n, 1)
    complex(8) :: z(n, k), p(n, n)
    call fill(1, a)
    call fill(2, b)
    call fill(3, c)
    call dgemm('N', 'T', n, n, n, 1.25d0, a, n, b, n, 0.5d0, c, n + 5)
    call show(pass, 'dgemm', c)
    call dsyrk('L', 'T', n, n, 1.0d0, b, n, 0.0d0, c, n + 5)
    call show(pass, 'dsyrk', c)
    call dsymm('R', 'U', n, n, 1.0d0, a, n, b, n, 0.0d0, c, n + 5)
    call show(pass, 'dsymm', c)
    call dsyr2k('U', 'N', n, n, 1.0d0, a, n, b, n, 1.0d0, c, n + 5)
    call show(pass, 'dsyr2k', c)
    call fill_positive(4, a)
    call dtrmm('L', 'U', 'N', 'N', n, n, 1.0d0, a, n, b, n)
    call show(pass, 'dtrmm', b)
    call dtrsm('R', 'L', 'T', 'N', n, n, 1.0d0, a, n, b, n)
    call show(pass, 'dtrsm', b)
    call fill(5, x)
    call fill(6, y)
    call dgemv('N', n, n, 1.0d0, a, n, x, 1, 1.0d0, y, 1)
    call show(pass, 'dgemv', y)
    z = cmplx(a(:, 1:k), b(:, 1:k), 8)
    call zgemm('N', 'C', n, n, k, (1.0d0, 0.5d0), z, n, z, n, (0.0d0, 0.0d0), p, n)
    call show(pass, 'zgemm re', real(p, 8))
    call show(pass, 'zgemm im', aimag(p))
  end subroutine

  subroutine lapack_steps(pass)
    integer, intent(in) :: pass
    real(8) :: a(n, n), b(n, r), w(n, 1), tau(n), wi(n), vl(1, 1), u(n, n), v(n, n)
    real(8) :: q(n + 20, k), size_wanted(1)
    real(8), allocatable :: work(:)
    integer :: pivots(n), iwork(8 * n), info
    call fill(11, a)
    call fill(12, b)
    call dgesv(n, r, a, n, pivots, b, n, info)
    call show(pass, 'dgesv', b)
    call fill(13, a)
    call fill(14, b)
    call dgetrf(n, n, a, n, pivots, info)
    call dgetrs('T', n, r, a, n, pivots, b, n, info)
    call show(pass, 'dgetrs', b)
    allocate (work(64 * n))
    call dgetri(n, a, n, pivots, work, size(work), info)
    call show(pass, 'dgetri', a)
    call fill_positive(15, a)
    call fill(16, b)
    call dpotrf('U', n, a, n, info)
    call dpotrs('U', n, r, a, n, b, n, info)
    call show(pass, 'dpotrs', b)
    call dpotri('U', n, a, n, info)
    call show(pass, 'dpotri', a)
    call fill_positive(17, a)
    call fill(18, b)
    call dposv('L', n, r, a, n, b, n, info)
    call show(pass, 'dposv', b)
    call fill_positive(19, a)
    call fill(20, b)
    call dtrtrs('L', 'N', 'N', n, r, a, n, b, n, info)
    call show(pass, 'dtrtrs', b)
    call dtrtri('U', 'N', n, a, n, info)
    call show(pass, 'dtrtri', a)
    deallocate (work)
    call fill_positive(21, a)
    call dsyev('V', 'L', n, a, n, w, size_wanted, -1, info)
    allocate (work(int(size_wanted(1))))
    call dsyev('V', 'L', n, a, n, w, work, size(work), info)
    call show(pass, 'dsyev w', w)
    call show(pass, 'dsyev v', a)
    deallocate (work)
    call fill(22, a)
    call dgesdd('A', n, n, a, n, w, u, n, v, n, size_wanted, -1, iwork, info)
    allocate (work(int(size_wanted(1))))
    call dgesdd('A', n, n, a, n, w, u, n, v, n, work, size(work), iwork, info)
    call show(pass, 'dgesdd w', w)
    call show(pass, 'dgesdd u', u)
    call show(pass, 'dgesdd v', v)
    deallocate (work)
    call fill(23, a)
    allocate (work(70 * n))
    call dgesvd('S', 'N', n, n, a, n, w, u, n, v, n, work, size(work), info)
    call show(pass, 'dgesvd', u)
    call fill(24, q)
    call dgeqrf(n + 20, k, q, n + 20, tau, work, size(work), info)
    call show(pass, 'dgeqrf', q)
    call dorgqr(n + 20, k, k, q, n + 20, tau, work, size(work), info)
    call show(pass, 'dorgqr', q)
    call fill(25, a(1:100, 1:100))
    call dgeev('N', 'V', 100, a, n, w, wi, vl, 1, v, n, work, size(work), info)
    call show(pass, 'dgeev w', w(1:100, :))
    call show(pass, 'dgeev v', v(1:100, 1:100))
    call fill(26, a)
    a = a + transpose(a)
    call fill(27, b)
    call dsysv('L', n, r, a, n, pivots, b, n, work, size(work), info)
    call show(pass, 'dsysv', b)
  end subroutine
end program
